package deploytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// prometheus is Prometheus itself with the files of the overlay, but that it is
// told where the scheduler is, and asks more often.
type prometheus struct {
	t    *testing.T
	addr string
}

func newPrometheus(t *testing.T, scheduler, token string) prometheus {
	t.Helper()
	var config map[string]any
	if err := yaml.Unmarshal([]byte(contents(t, "prometheus.yml")), &config); err != nil {
		t.Fatal(err)
	}
	config["global"] = map[string]any{"scrape_interval": "1s", "evaluation_interval": "1s"}
	job := config["scrape_configs"].([]any)[0].(map[string]any)
	delete(job, "dns_sd_configs")
	job["static_configs"] = []any{map[string]any{"targets": []string{scheduler}}}
	job["authorization"].(map[string]any)["credentials_file"] = tokenFile(t, token)
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"prometheus.yml": string(text), "rules.yml": contents(t, "rules.yml")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := prometheus{t, servicetest.FreeAddr(t)}
	cmd := exec.Command("prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.addr)
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (deploy/install-tools.sh test installs it)", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // what it stored goes with the folder
		_ = cmd.Wait()
	})
	return p
}

// value asks for the first value of an expression.
func (p prometheus) value(expr string) (string, error) {
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.addr+"/api/v1/query?query="+url.QueryEscape(expr), nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Data.Result) == 0 {
		return "", fmt.Errorf("no value: status %d, %w", response.StatusCode, err)
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1]), nil
}

func (p prometheus) becomes(expr, want string) {
	p.t.Helper()
	farmtest.Until(p.t, time.Minute, expr+" is "+want, func() error {
		got, err := p.value(expr)
		if err == nil && got != want {
			err = fmt.Errorf("it is %s", got)
		}
		return err
	})
}

// Prometheus and the scaler come in with the metrics token, and read what a real
// scheduler answers.
func TestMetricsTokenIsEnough(t *testing.T) {
	t.Parallel()
	const user = "0123456789abcdef"
	f := farmtest.New(t, farmtest.On{})
	f.Scheduler("--tokens", "ann="+user, "--metrics-token", metricsToken)
	addr := strings.TrimPrefix(f.URL(), "http://")
	p, stranger := newPrometheus(t, addr, metricsToken), newPrometheus(t, addr, "0123456789abcdef-wrong")
	e := newEngine(t, 0, true)
	s := follow(t, e, f.URL(), metricsToken, "--min", "0", "--quiet", "1s")
	p.becomes(`up{job="artdag"}`, "1")
	p.becomes("artdag_desired_workers", "0")
	farm := f.ClientWith(client.Options{Token: user})
	if _, err := farm.Submit(t.Context(), api.Submission{Recipe: recipe}); err != nil {
		t.Fatal(err)
	}
	p.becomes("artdag_desired_workers", "1")
	p.becomes(`ALERTS{alertname="NoWorkers"}`, "1") // pending
	s.becomes(1)                                    // nobody knows yet what a worker has
	stranger.becomes(`up{job="artdag"}`, "0")
}
