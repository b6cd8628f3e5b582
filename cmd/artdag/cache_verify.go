package main

import (
	"errors"
)

type cacheVerifyCmd struct {
	shared
	Repair bool `help:"Remove what is damaged, so that it is made again."`
}

// Run re-hashes everything. Damage is exit code 1.
func (c cacheVerifyCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	report, err := w.cache.Verify(a.ctx, c.Repair, nil)
	if err != nil {
		return err
	}
	left := 0
	for _, p := range report.Problems {
		state := ""
		if p.Repaired {
			state = " (removed)"
		} else {
			left++
		}
		a.printf("DAMAGED %s %s: %v%s\n", p.Item.Kind, p.Item.ID, p.Err, state)
	}
	a.printf("verified %d, %s: %d damaged\n", report.Checked, size(report.Bytes), len(report.Problems))
	if left > 0 {
		return errors.New("the cache holds bytes that are not what they should be: artdag cache verify --repair removes them, so that they are made again")
	}
	return nil
}
