package main

import (
	"github.com/artdag/artdag/dag"
)

type cachePinCmd struct {
	shared
	IDs []string `arg:"" name:"id" help:"A cache_id or a content hash."`
}

// Run pins.
func (c cachePinCmd) Run(a *app) error {
	return a.each(c.shared, c.IDs, func(w *workshop, ref dag.Input) error { return w.cache.Pin(ref) })
}

type cacheUnpinCmd struct {
	shared
	IDs []string `arg:"" name:"id" help:"A cache_id or a content hash."`
}

// Run unpins.
func (c cacheUnpinCmd) Run(a *app) error {
	return a.each(c.shared, c.IDs, func(w *workshop, ref dag.Input) error { return w.cache.Unpin(ref) })
}
