//go:build cluster

package deploytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// watched is a farm with the Prometheus of compose.observability.yml.
type watched struct {
	*cluster
	prometheus prometheus
}

// newWatched is a farm of which nothing runs yet. Its Prometheus has the files of
// the overlay, but that it asks every second and raises alerts soon.
func newWatched(t *testing.T, overlays ...string) watched {
	t.Helper()
	port := freePorts(t, 1)[0]
	t.Setenv("ARTDAG_PROMETHEUS_PORT", port)
	t.Setenv("ARTDAG_PROMETHEUS_IMAGE", needed(t, "prometheus", "images-prometheus"))
	c := unstarted(t, append(overlays, "deploy/compose.observability.yml", hasty(t))...)
	c.services = []string{"scheduler", "worker", "asynqmon", "prometheus"}
	return watched{c, prometheus{t, "127.0.0.1:" + port}}
}

// hasty is an overlay that has Prometheus wait for less.
func hasty(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	overlay := "services:\n  prometheus:\n    volumes:\n"
	for name, less := range map[string][2]string{"prometheus.yml": {`\b1[05]s\b`, "1s"}, "rules.yml": {`\bfor: \d+m\b`, "for: 2s"}} {
		text := regexp.MustCompile(less[0]).ReplaceAllString(contents(t, name), less[1])
		if text == contents(t, name) {
			t.Fatalf("nothing of %s says %s", name, less[0])
		}
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		overlay += fmt.Sprintf("      - %s:/etc/prometheus/%s:ro\n", file, name)
	}
	file := filepath.Join(folder, "hasty.yml")
	if err := os.WriteFile(file, []byte(overlay), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// The scheduler is the only target, is found by its name, and lets the metrics
// token in; what happened on the farm is among the numbers.
func asked(w watched) {
	w.prometheus.becomes(`count(up{job="artdag"})`, "1")
	w.prometheus.becomes(`up{job="artdag"}`, "1")
	w.prometheus.becomes(`max(artdag_workers{state="serving"})`, "1")
	w.prometheus.becomes(`sum(artdag_jobs_ended_total{status="COMPLETED"})`, "1")
	w.prometheus.becomes(`min by (service) (artdag_up) == bool 1`, "1")
	if got := status(w.t, w.url+"/metrics", "", ""); got != http.StatusUnauthorized {
		w.t.Errorf("/metrics answers %d to who has no token, want 401", got)
	}
}

func rulesLoaded(w watched) {
	var answer struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	want := slices.Sorted(maps.Keys(rules(w.t)))
	w.until(time.Minute, "all rules were evaluated", func() error {
		if err := w.prometheus.ask("rules", &answer); err != nil {
			return err
		}
		var got []string
		for _, group := range answer.Groups {
			for _, rule := range group.Rules {
				if got = append(got, rule.Name); rule.Health != "ok" {
					return fmt.Errorf("%s is %s: %s", rule.Name, rule.Health, rule.LastError)
				}
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			return fmt.Errorf("they are %q, want %q", got, want)
		}
		return nil
	})
}

// ask asks Prometheus' API and reads the data of its answer.
func (p prometheus) ask(path string, data any) error {
	answer, err := http.Get("http://" + p.addr + "/api/v1/" + path)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var whole struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(answer.Body).Decode(&whole); err != nil || whole.Status != "success" {
		return fmt.Errorf("%s: %s: %s (%w)", path, answer.Status, whole.Error, err)
	}
	return json.Unmarshal(whole.Data, data)
}

// unasked are the panels that rightly have nothing to show here.
var unasked = map[string]string{"By tags": "no step type that is shipped asks for a tag"}

// Every expression is answered, and with data on a farm that has done a job and
// refused somebody.
func dashboardsAnswered(w watched) {
	status(w.t, w.url+"/api/v1/jobs", "", "") // there is no token
	for file, d := range dashboards(w.t) {
		for _, panel := range d.Panels {
			for _, target := range panel.Targets {
				var data struct{ Result []any }
				ask := func() error {
					if err := w.prometheus.ask("query?query="+url.QueryEscape(target.Expr), &data); err != nil {
						w.t.Fatalf("%s: %s: %v", file, panel.Title, err)
					}
					if len(data.Result) == 0 && unasked[panel.Title] == "" {
						return errors.New("there is none")
					}
					return nil
				}
				w.until(time.Minute, fmt.Sprintf("%s: %s has data: %s", file, panel.Title, target.Expr), ask)
			}
		}
	}
}

// Debian has no Grafana, so its image is there only where somebody loaded it.
func grafanaShows(w watched) {
	image := os.Getenv("ARTDAG_GRAFANA_IMAGE")
	if image == "" {
		text, err := os.ReadFile("../compose.observability.yml")
		if err != nil {
			w.t.Fatal(err)
		}
		image = regexp.MustCompile(`ARTDAG_GRAFANA_IMAGE:-([^}]+)`).FindStringSubmatch(string(text))[1]
	}
	if err := exec.Command("docker", "image", "inspect", image).Run(); err != nil {
		w.t.Skipf("NOT TESTED: GRAFANA WAS NOT STARTED, THERE IS NO IMAGE %s (docker load brings one). What its dashboards ask was asked of Prometheus.", image)
	}
	port := freePorts(w.t, 1)[0]
	w.env = append(w.env, "ARTDAG_GRAFANA_PORT="+port)
	w.composed("up", "-d", "--no-build", "--no-deps", "grafana")
	w.healthy("grafana")
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/api/search?type=dash-db", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.SetBasicAuth("admin", w.secret("grafana.txt"))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var shown []struct{ UID string }
	if err := json.NewDecoder(answer.Body).Decode(&shown); err != nil || len(shown) != len(dashboards(w.t)) {
		w.t.Errorf("Grafana shows %+v (%s, %v), want %d dashboards", shown, answer.Status, err, len(dashboards(w.t)))
	}
}

// Work, and nobody who does it: that is said, until somebody comes.
func allGone(w watched) {
	w.up(0)
	recipe, want := lines("nobody", 1, 1, 0.1)
	job := w.submit(recipe)
	const firing = `count(ALERTS{alertname="NoWorkers", alertstate="firing"}) or vector(0)`
	w.prometheus.becomes(firing, "1")
	var answer struct {
		Alerts []struct {
			Labels, Annotations map[string]string
			State               string
		}
	}
	if err := w.prometheus.ask("alerts", &answer); err != nil {
		w.t.Fatal(err)
	}
	said := errors.New("there is no alert NoWorkers")
	for _, alert := range answer.Alerts {
		if alert.Labels["alertname"] == "NoWorkers" && alert.Labels["severity"] == "critical" && strings.Contains(alert.Annotations["summary"], "1 steps wait") {
			said = nil
		}
	}
	if said != nil {
		w.t.Errorf("%v: %+v", said, answer.Alerts)
	}
	w.up(1)
	w.completed(job.ID, want)
	w.prometheus.becomes(firing, "0")
}
