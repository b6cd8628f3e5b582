package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/api"
)

// Requests are told by the pattern of their route: paths are without number.
func TestAnswered(t *testing.T) {
	t.Parallel()
	answered := make(chan string, 10)
	silent := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := serve(t, newMemory(t), api.Options{
		Answered: func(route string, status int, took time.Duration) {
			if took <= 0 {
				t.Errorf("%s took %v", route, took)
			}
			answered <- fmt.Sprint(route, " ", status)
		},
		Mounts: []api.Mount{{Path: "/monitoring/", Handler: silent, For: api.ForUsers}},
	})
	var got []string
	for _, path := range []string{"/api/v1/jobs/x", "/api/v1/workers", "/monitoring/queues/1", "/api/v1/nothing", "/nothing"} {
		ask(t, server, "GET", path, nil)
		got = append(got, <-answered) // some time after the client has its answer
	}
	want := []string{"GET /api/v1/jobs/{id} 404", "GET /api/v1/workers 200", "/monitoring/ 200", "none 404", "none 404"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
}
