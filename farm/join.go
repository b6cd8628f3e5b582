package farm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/peer"
)

// Joining is what a worker that joins from elsewhere is told.
type Joining struct {
	Redis string `json:"redis"` // URL with its password
	IPFS  string `json:"ipfs,omitempty"`
}

// serveJoin tells a worker that shows the worker token how to reach Redis.
func serveJoin(told Joining) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(told) // the client went away if this fails
	}
}

// join asks a scheduler how to reach Redis. It waits up to a minute for it.
func join(ctx context.Context, server, token string) (Joining, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		told, again, err := askToJoin(ctx, server, token)
		if err == nil || !again {
			return told, err
		}
		if pause(ctx, time.Second) != nil {
			return told, fmt.Errorf("farm: join %s: %w", server, err) // why it waited says more
		}
	}
}

func askToJoin(ctx context.Context, server, token string) (told Joining, again bool, err error) {
	answer, err := ask(ctx, http.MethodGet, strings.TrimSuffix(server, "/")+"/api/v1/join", token)
	if client.Untrusted(err) {
		return told, false, fmt.Errorf("farm: join %s: %w (a farm's own certificate authority goes into SSL_CERT_FILE)", server, err)
	}
	if err != nil {
		return told, true, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return told, answer.StatusCode >= 500, fmt.Errorf("farm: join %s: the scheduler answered %s: is the worker token right?", server, answer.Status)
	}
	err = json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&told)
	return told, false, err
}

// ask sends a request without a body to another machine of the farm.
func ask(ctx context.Context, method, where, token string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, where, nil)
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return http.DefaultClient.Do(request)
}

// tell posts what is answered with nothing.
func tell(ctx context.Context, where, token string) error {
	answer, err := ask(ctx, http.MethodPost, where, token)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return fmt.Errorf("farm: %s answered %s: %s", where, answer.Status, strings.TrimSpace(string(text)))
	}
	return nil
}

// schedulerSource asks schedulers for content: they know what the catalog knows,
// also after Redis forgot.
type schedulerSource struct {
	roster *roster
	token  string
}

var _ peer.Source = (*schedulerSource)(nil)

// Name is what messages call it.
func (s *schedulerSource) Name() string { return "scheduler" }

// Open has a scheduler fetch the content from wherever it is, and reads it from
// there.
func (s *schedulerSource) Open(ctx context.Context, h dag.ContentHash, offset int64) (io.ReadCloser, error) {
	living, err := s.roster.living(ctx)
	if err != nil {
		return nil, err
	}
	last := peer.ErrGone
	for _, d := range living {
		if !d.Scheduler || d.Address == "" {
			continue
		}
		body, err := s.from(ctx, d.Address, h, offset)
		if err == nil {
			return body, nil
		}
		last = err
	}
	return nil, last
}

func (s *schedulerSource) from(ctx context.Context, address string, h dag.ContentHash, offset int64) (io.ReadCloser, error) {
	answer, err := ask(ctx, http.MethodPost, address+"/fetch/"+h.String(), s.token)
	if err != nil {
		return nil, err
	}
	answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusNoContent:
	case http.StatusNotFound:
		return nil, peer.ErrGone
	default:
		return nil, fmt.Errorf("farm: the scheduler answered %s", answer.Status)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/content/"+h.String(), nil)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	if answer, err = http.DefaultClient.Do(request); err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusPartialContent && (answer.StatusCode != http.StatusOK || offset > 0) {
		answer.Body.Close()
		return nil, fmt.Errorf("farm: the scheduler answered %s", answer.Status)
	}
	return answer.Body, nil
}
