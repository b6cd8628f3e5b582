package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// word is the name and meaning of numbers that are asked for at a scrape.
type word struct {
	*prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) word {
	return word{prometheus.NewDesc("artdag_"+name, help, labels, nil), prometheus.GaugeValue}
}

func counter(name, help string, labels ...string) word {
	return word{prometheus.NewDesc("artdag_"+name, help, labels, nil), prometheus.CounterValue}
}

// is the number, for these values of the labels.
func (w word) is(value float64, labels ...string) prometheus.Metric {
	for i, label := range labels {
		labels[i] = strings.ToValidUTF8(label, "?") // tags are anybody's
	}
	return prometheus.MustNewConstMetric(w.Desc, w.kind, value, labels...)
}

// truth is 1 or 0.
func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// The words of the farm.
var (
	up = gauge("up", "Whether a service that the farm stands on can be reached.", "service")

	desired = gauge("desired_workers", "Workers that the work at hand asks for, not bounded.")
	steps   = gauge("steps", "Steps that could run now or do, by what they ask of a worker.", "class", "tags", "state")

	workers   = gauge("workers", "Living workers: serving, draining, or troubled (such as by a full disk).", "state")
	slots     = gauge("slots", "Slots of the workers that serve a class and do not drain; a worker of several classes counts in each.", "class")
	slotsBusy = gauge("slots_busy", "Of these slots, those that are taken.", "class")

	jobs = gauge("jobs", "Unfinished jobs.", "status")

	unrecorded = gauge("unrecorded_steps", "Completions that are not in the catalog yet.")
	lag        = gauge("recording_lag_seconds", "How long the oldest completion that is not in the catalog waits for that.")

	queueTasks   = gauge("queue_tasks", "Tasks of asynq's queues.", "queue", "state")
	queueLatency = gauge("queue_latency_seconds", "How long the oldest pending task of a queue waits.", "queue")

	processorItems = counter("processor_items_total", "Items that a processor has processed on this scheduler.", "processor")
	processorFault = gauge("processor_faults", "Items that a processor could not process: retrying, or parked until a person looks.", "processor", "state")
	processorState = gauge("processor_state", "1 for the state that a processor is in on this scheduler.", "processor", "state")
	processorGood  = gauge("processor_last_success_timestamp_seconds", "When a round of a processor last went well on this scheduler.", "processor")

	cacheBytes = gauge("cache_bytes", "Bytes in the caches: of this scheduler, of all workers.", "role")
	diskFree   = gauge("disk_free_ratio", "Free part of the disk of the cache; of workers, the fullest.", "role")

	redisUsed  = gauge("redis_memory_bytes", "Memory that Redis uses.")
	redisLimit = gauge("redis_memory_limit_bytes", "Memory that Redis may use.")
)
