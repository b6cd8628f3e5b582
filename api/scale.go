package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Fleet describes the workers whose number is asked for. The zero value is any
// worker like those that live.
type Fleet struct {
	Classes []string // that they serve
	Tags    []string // that they have
}

// Scale says how many workers the work at hand asks for.
type Scale struct {
	Desired int          `json:"desired" doc:"Workers that the work at hand keeps busy; 0 when there is none. Not bounded: who scales knows the bounds."`
	Living  int          `json:"living" doc:"Workers of that kind that live and are not draining."`
	Backlog int          `json:"backlog" doc:"Steps that such workers could run now, or that run."`
	Waiting int          `json:"waiting" doc:"Of the backlog, what does not run."`
	Running int          `json:"running" doc:"Of the backlog, what runs."`
	Groups  []ScaleGroup `json:"groups" doc:"The work at hand by what it asks of a worker."`
}

// ScaleGroup is steps that ask the same of a worker.
type ScaleGroup struct {
	Class   string   `json:"class"`
	Tags    []string `json:"tags"`
	Ready   int      `json:"ready" doc:"Steps that wait for their job's turn."`
	Queued  int      `json:"queued" doc:"Steps in the queue."`
	Delayed int      `json:"delayed" doc:"Steps that are tried again later."`
	Running int      `json:"running"`
	Slots   int      `json:"slots" doc:"Slots that all of them take."`
	Workers int      `json:"workers" doc:"Living workers that may take them."`
	// Assumed is 0 as long as no worker of that kind was ever seen.
	Assumed int  `json:"slots_per_worker" doc:"Slots that a worker is taken to have; 0 when that is not known, and one worker is asked for to learn it."`
	Desired int  `json:"desired" doc:"Workers for this group alone."`
	Counted bool `json:"counted" doc:"Whether it is part of desired and backlog: not when workers of the kind asked for could not take it."`
}

// Scaler knows how many workers are wanted.
type Scaler interface {
	// Scale answers for workers of a kind. The answer may be some seconds old.
	Scale(ctx context.Context, f Fleet) (Scale, error)
}

func (r *routes) scale(api huma.API) {
	op := operation("scale", http.MethodGet, base+"/scale", "Ask how many workers the work at hand asks for")
	op.Description = "For whoever starts and stops workers. It says how many are wanted now; when to follow, and within which bounds, is the scaler's to decide."
	operate(r, api, op, func(ctx context.Context, in *struct {
		Classes []string `query:"class" maxItems:"50" doc:"Classes that the workers in question serve, divided by commas; without any, those that living workers serve."`
		Tags    []string `query:"tag" maxItems:"50" doc:"Tags that they have, divided by commas."`
	}) (*answer[Scale], error) {
		if len(in.Classes) == 0 && len(in.Tags) > 0 {
			return nil, invalidf("a tag says nothing without a class: ask for both, such as ?class=gpu&tag=large")
		}
		out, err := r.farm.Scale(ctx, Fleet{Classes: in.Classes, Tags: in.Tags})
		return &answer[Scale]{out}, err
	})
}
