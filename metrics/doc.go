// Package metrics tells Prometheus how a farm is, in its text format.
//
// Most of it is not counted here but asked for when Prometheus scrapes: how many
// workers live, what waits, how far recording is. Each part is asked beside the
// others and has a few seconds. A part that fails or is late is left out of the
// scrape, which itself never fails; as long as it has not answered, the next
// scrape waits for the same answer instead of asking again. So a service that is
// down costs one goroutine for each part, and shows as artdag_up 0 and as
// numbers that are absent instead of wrong.
//
// What happens is counted where it happens: jobs that end, steps that are
// recorded, requests. Only the scheduler that records an end counts it, so the
// sum over several schedulers is that of the farm. Gauges are those of the whole
// farm on each: take the maximum.
//
// The number of series is bounded. Labels are classes, states, processors,
// queues and routes; of the tags that steps ask for, the twenty sets with the
// most steps are told, and the rest as tags="other".
package metrics
