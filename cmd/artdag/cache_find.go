package main

import (
	"strings"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// each finds what every id stands for and acts on it.
func (a *app) each(s shared, ids []string, act func(*workshop, dag.Input) error) error {
	w, err := a.open(s)
	if err != nil {
		return err
	}
	defer w.close()
	for _, id := range ids {
		ref, err := w.find(id)
		if err != nil {
			return err
		}
		if err := act(w, ref); err != nil {
			return err
		}
	}
	return nil
}

// find resolves the beginning of an id to the one entry or source that has it.
func (w *workshop) find(id string) (dag.Input, error) {
	const least = 8
	var found []dag.Input
	for item, err := range w.cache.List(w.app.ctx) {
		if err != nil {
			return dag.Input{}, err
		}
		if len(id) < least || !strings.HasPrefix(item.ID, id) {
			continue
		}
		switch item.Kind {
		case cache.KindEntry:
			step, err := dag.ParseID[dag.CacheID](item.ID)
			if err != nil {
				return dag.Input{}, err
			}
			found = append(found, dag.StepInput(step, ""))
		case cache.KindSource:
			hash, err := dag.ParseID[dag.ContentHash](item.ID)
			if err != nil {
				return dag.Input{}, err
			}
			found = append(found, dag.ContentInput(hash))
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return dag.Input{}, usagef("%s: no entry or source of the cache begins so (give at least %d digits; see artdag cache ls)", id, least)
	}
	return dag.Input{}, usagef("%s: %d entries or sources begin so; give more digits", id, len(found))
}
