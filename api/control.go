package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/artdag/artdag/claim"
)

// control declares what people do to a job. Each answers with the job as it is
// then.
func (r *routes) control(api huma.API) {
	verbs := []struct {
		name, summary string
		do            func(context.Context, string) error
	}{
		{"cancel", "Cancel a job; steps that other jobs want go on", r.farm.Cancel},
		{"retry", "Begin a failed, cancelled or interrupted job again; what is done stays done", r.farm.Retry},
		{"pause", "Start no more steps of a job until it is resumed", r.farm.Pause},
		{"resume", "Go on with a paused job", r.farm.Resume},
	}
	for _, v := range verbs {
		op := operation(v.name+"-job", http.MethodPost, jobPath("/"+v.name), v.summary)
		op.Errors = append(op.Errors, http.StatusConflict)
		operate(r, api, op, func(ctx context.Context, in *OfJob) (*answer[Job], error) {
			return r.changed(ctx, in.ID, func() error { return v.do(ctx, in.ID) })
		})
	}
	op := operation("set-priority", http.MethodPut, jobPath("/priority"), "Change the priority of a job")
	op.Errors = append(op.Errors, http.StatusConflict)
	operate(r, api, op, r.setPriority)
}

type newPriority struct {
	OfJob
	Body struct {
		Priority claim.Priority `json:"priority" enum:"high,default,low"`
	}
}

func (r *routes) setPriority(ctx context.Context, in *newPriority) (*answer[Job], error) {
	return r.changed(ctx, in.ID, func() error { return r.farm.SetPriority(ctx, in.ID, in.Body.Priority) })
}

func (r *routes) changed(ctx context.Context, id string, change func() error) (*answer[Job], error) {
	if err := change(); err != nil {
		return nil, err
	}
	return r.job(ctx, &OfJob{id})
}
