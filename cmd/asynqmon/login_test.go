package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/artdag/artdag/servicetest"
)

func TestOnlyTheLoginOpens(t *testing.T) {
	t.Parallel()
	who := login{"ann", "correct-horse-battery"}
	inside := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for name, test := range map[string]struct {
		user, password, path, origin, method string
		want                                 int
	}{
		"both right":      {"ann", "correct-horse-battery", "/", "", "GET", http.StatusTeapot},
		"wrong password":  {"ann", "correct-horse-batter", "/", "", "GET", http.StatusUnauthorized},
		"wrong name":      {"bob", "correct-horse-battery", "/", "", "GET", http.StatusUnauthorized},
		"neither":         {"", "", "/api/queues", "", "GET", http.StatusUnauthorized},
		"alive":           {"", "", "/healthz", "", "GET", http.StatusNoContent},
		"of another site": {"ann", "correct-horse-battery", "/api/queues/x:pause", "https://evil.example", "POST", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask := httptest.NewRequest(test.method, test.path, nil)
			if test.user != "" {
				ask.SetBasicAuth(test.user, test.password)
			}
			if test.origin != "" {
				ask.Header.Set("Origin", test.origin)
			}
			got := httptest.NewRecorder()
			site(who, inside).ServeHTTP(got, ask)
			if got.Code != test.want {
				t.Errorf("status %d, want %d", got.Code, test.want)
			}
		})
	}
}

func TestLoginFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "ann", ":correct-horse-battery", "ann:short"} {
		if _, err := readLogin(written(t, text)); err == nil {
			t.Errorf("the login %q was taken", text)
		}
	}
}

// Without --admin the monitor shows queues and refuses to change them.
func TestQueuesAreShownAndChangedByAdminsOnly(t *testing.T) {
	t.Parallel()
	for _, admin := range []bool{false, true} {
		url := servicetest.Redis(t)
		enqueue(t, url)
		base := start(t, &settings{Redis: url, Listen: freeAddress(t), LoginFile: written(t, "ann:correct-horse-battery\n"), Admin: admin})
		if status, body := ask(t, "GET", base+"/api/queues"); status != http.StatusOK || !strings.Contains(body, `"queue":"films"`) {
			t.Errorf("admin %v: queues: %d %s", admin, status, body)
		}
		want := http.StatusMethodNotAllowed
		if admin {
			want = http.StatusNoContent
		}
		if status, body := ask(t, "POST", base+"/api/queues/films:pause"); status != want {
			t.Errorf("admin %v: pause: %d %s, want %d", admin, status, body, want)
		}
	}
}

func enqueue(t *testing.T, url string) {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	db := redis.NewClient(options)
	defer db.Close()
	if _, err := asynq.NewClientFromRedisClient(db).Enqueue(asynq.NewTask("frame", nil), asynq.Queue("films")); err != nil {
		t.Fatal(err)
	}
}

// start serves until the test ends and returns the address.
func start(t *testing.T, s *settings) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, "test", slog.New(slog.DiscardHandler), nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	base := "http://" + s.Listen
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if answer, err := http.Get(base + "/healthz"); err == nil {
			_ = answer.Body.Close()
			return base
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func ask(t *testing.T, method, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("ann", "correct-horse-battery")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "login")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
