package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

func (r *routes) events(api huma.API) {
	op := operation("watch-job", http.MethodGet, jobPath("/events"), "Watch a job: server-sent events until it is final")
	op.Description = "Each event's data is an Event. The first tells the state of the job, unless Last-Event-ID " +
		"names a place that the farm still knows. The stream ends with the job."
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Event](), true, "Event")
	op.Responses = streamOf("text/event-stream", schema)
	operate(r, api, op, r.watch)
}

type ofWatch struct {
	OfJob
	After string `header:"Last-Event-ID" doc:"The last event that was seen." maxLength:"200"`
}

func (r *routes) watch(_ context.Context, in *ofWatch) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		request, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		out := &eventWriter{begun: begun{w: w, control: http.NewResponseController(w)}}
		ctx, cancel := context.WithCancelCause(request.Context())
		defer cancel(nil)
		beats := make(chan struct{})
		go func() { defer close(beats); out.beat(ctx, cancel, r.options.Heartbeat) }()
		err := r.farm.Watch(ctx, in.ID, in.After, out.event)
		cancel(nil)
		<-beats
		r.end(request.Context(), w, out.written, err)
	}}, nil
}

// eventWriter writes server-sent events, and comments between them, so that
// either end notices when the other has gone.
type eventWriter struct {
	mu sync.Mutex
	begun
}

// event writes one event in one piece.
func (e *eventWriter) event(event Event) error {
	data, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("api: write event: %w", err)
	}
	text := fmt.Sprintf("event: %s\ndata: %s\n\n", event.Kind, data)
	if event.ID != "" && !strings.ContainsAny(event.ID, "\r\n\x00") {
		text = "id: " + event.ID + "\n" + text
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err = e.Write([]byte(text))
	return err
}

// beat writes comments until ctx ends, but none before the first event: until
// then the answer may still become an error.
func (e *eventWriter) beat(ctx context.Context, cancel context.CancelCauseFunc, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := e.comment(); err != nil {
				cancel(err)
				return
			}
		}
	}
}

func (e *eventWriter) comment() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.written {
		return nil
	}
	_, err := e.Write([]byte(":\n\n"))
	return err
}
