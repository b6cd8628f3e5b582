package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// WorkerList is all workers.
type WorkerList struct {
	Workers []Worker `json:"workers"`
}

func (r *routes) workers(api huma.API) {
	list := operation("list-workers", http.MethodGet, base+"/workers", "List the living workers")
	operate(r, api, list, func(ctx context.Context, _ *nothing) (*answer[WorkerList], error) {
		workers, err := r.farm.Workers(ctx)
		return &answer[WorkerList]{WorkerList{append([]Worker{}, workers...)}}, err
	})
	drain := operation("drain-worker", http.MethodPost, base+"/workers/{id}/drain", "Have a worker finish what it runs and take no more")
	drain.DefaultStatus = http.StatusNoContent
	operate(r, api, drain, func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"200"`
	}) (*nothing, error) {
		return nil, r.farm.Drain(ctx, in.ID)
	})
}
