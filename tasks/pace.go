package tasks

import "time"

// pace holds a worker back a little while recording is far behind. Steps that are
// over in no time leave the catalog no processor: what Redis keeps for it grows,
// and with it what is done again should Redis be lost, and when the last step is
// over everybody waits for it. Steps of a second do not notice, nor do they stop
// while the catalog is down. It is not safe for concurrent use.
type pace struct {
	behind func() (int64, error) // completions that are not recorded
	sleep  func(time.Duration)
	now    func() time.Time
	steps  int // completed since it looked
	looked time.Time
	far    bool
}

const (
	paceLooks  = 256  // completions from one look to the next
	paceBehind = 2000 // completions: two batches of the record processor
	paceNap    = time.Millisecond
)

// after is called when a call has completed so many steps.
func (p *pace) after(steps int) {
	if p.steps += steps; p.steps >= paceLooks {
		n, err := p.behind()
		p.steps, p.looked, p.far = 0, p.now(), err == nil && n > paceBehind
	}
	if p.far && p.now().Sub(p.looked) < time.Second { // else much may have changed
		p.sleep(paceNap)
	}
}
