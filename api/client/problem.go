package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
)

// Problem is an answer that says no.
type Problem struct {
	Kind    api.Kind // empty for one that the API's table does not name
	Status  int
	Detail  string
	Parts   []Part // of a problem that has several
	Request string // its id in the farm's log
}

// Part is one of several things that are wrong.
type Part struct {
	Message  string          `json:"message"`
	Location string          `json:"location"`
	Value    json.RawMessage `json:"value"`
}

// Error returns what the farm said.
func (p *Problem) Error() string {
	if p.Kind != "" || len(p.Parts) == 0 {
		return p.Detail
	}
	lines := []string{p.Detail}
	for _, part := range p.Parts {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s: %s", part.Location, part.Message), ": "))
	}
	return strings.Join(slices.Compact(lines), "\n")
}

// Is reports whether the problem stands for one of the farm's errors.
func (p *Problem) Is(target error) bool {
	switch target {
	case catalog.ErrNotFound:
		return p.Kind == api.NotFound
	case api.ErrUnavailable:
		return p.Kind == api.Unavailable || temporary(p.Status)
	case cache.ErrFull:
		return p.Kind == api.Full
	}
	return false
}

// temporary reports whether it is worth asking again.
func temporary(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// readProblem reads the answer, also one of a proxy that knows no problems.
func readProblem(r *http.Response) *Problem {
	const most = 1 << 20
	p := &Problem{Status: r.StatusCode, Request: r.Header.Get("X-Request-Id")}
	text, _ := io.ReadAll(io.LimitReader(r.Body, most)) // what came says more than that it broke off
	var sent struct {
		Type   string `json:"type"`
		Detail string `json:"detail"`
		Errors []Part `json:"errors"`
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/problem+json" && json.Unmarshal(text, &sent) == nil {
		kind, _ := strings.CutPrefix(sent.Type, "urn:artdag:")
		p.Kind, p.Detail, p.Parts = api.Kind(kind), sent.Detail, sent.Errors
	}
	if p.Detail == "" {
		p.Detail, p.Kind = "the farm answered "+r.Status, kindOf(r.StatusCode)
	}
	return p
}

// kindOf serves answers without a body, such as those to HEAD.
func kindOf(status int) api.Kind {
	switch status {
	case http.StatusNotFound:
		return api.NotFound
	case http.StatusServiceUnavailable:
		return api.Unavailable
	}
	return ""
}
