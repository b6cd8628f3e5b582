package deploytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

const observability = "../observability"

// promtool runs Prometheus' own checker.
func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v (deploy/install-tools.sh test installs it)\n%s", strings.Join(args, " "), err, out)
	}
}

func contents(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(observability, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPrometheusTakesItsFiles(t *testing.T) {
	t.Parallel()
	promtool(t, "", "check", "rules", filepath.Join(observability, "rules.yml"))
	promtool(t, "", "test", "rules", filepath.Join(observability, "rules_test.yml"))
	dir := t.TempDir()
	config := strings.ReplaceAll(contents(t, "prometheus.yml"), "/run/secrets/metrics_token", tokenFile(t, metricsToken))
	for name, text := range map[string]string{"prometheus.yml": config, "rules.yml": contents(t, "rules.yml")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	promtool(t, "", "check", "config", filepath.Join(dir, "prometheus.yml"))
}

// rules are the alerts, by name.
func rules(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(contents(t, "rules.yml")), &file); err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			out[rule.Alert] = rule.Expr
		}
	}
	return out
}

// Each alert is shown to fire, and operations.md says what to do about it.
func TestAlertsAreTestedAndExplained(t *testing.T) {
	t.Parallel()
	var tests struct {
		Tests []struct {
			Alerts []struct {
				Name string `yaml:"alertname"`
				Exp  []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal([]byte(contents(t, "rules_test.yml")), &tests); err != nil {
		t.Fatal(err)
	}
	fire := make(map[string]bool)
	for _, test := range tests.Tests {
		for _, alert := range test.Alerts {
			fire[alert.Name] = fire[alert.Name] || len(alert.Exp) > 0
		}
	}
	docs, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range rules(t) {
		if !fire[name] {
			t.Errorf("rules_test.yml never has %s fire", name)
		}
		if !strings.Contains(string(docs), name) {
			t.Errorf("docs/operations.md does not say what to do about %s", name)
		}
	}
}

// dashboard is what a test wants to know of one.
type dashboard struct {
	UID    string
	Panels []struct {
		ID         int
		Title      string
		Datasource struct{ UID string }
		Targets    []struct {
			Expr       string
			Datasource struct{ UID string }
		}
		GridPos struct{ X, Y, W, H int }
	}
}

func dashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(observability, "dashboards", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no dashboard: %v", err)
	}
	out := make(map[string]dashboard)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[filepath.Base(file)] = d
	}
	return out
}

// expressions are those of all dashboards and alerts, by where they stand.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	out := rules(t)
	for file, d := range dashboards(t) {
		for _, p := range d.Panels {
			for i, target := range p.Targets {
				out[fmt.Sprintf("%s: %s %d", file, p.Title, i+1)] = target.Expr
			}
		}
	}
	return out
}

func TestDashboardsAreWhole(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"uid: artdag\n", "url: http://prometheus:9090\n"} {
		if !strings.Contains(contents(t, "datasources.yml"), want) {
			t.Errorf("datasources.yml lacks %q", want)
		}
	}
	uids := make(map[string]bool)
	for file, d := range dashboards(t) {
		if d.UID == "" || uids[d.UID] {
			t.Errorf("%s: uid %q is none, or another's", file, d.UID)
		}
		uids[d.UID] = true
		ids := make(map[int]bool)
		for i, p := range d.Panels {
			if p.ID == 0 || ids[p.ID] || p.Title == "" || len(p.Targets) == 0 || p.Datasource.UID != "artdag" || p.GridPos.X+p.GridPos.W > 24 {
				t.Errorf("%s: panel %d is not whole: %+v", file, i, p)
			}
			ids[p.ID] = true
			for _, other := range d.Panels[:i] {
				a, b := p.GridPos, other.GridPos
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%s: %s lies on %s", file, p.Title, other.Title)
				}
			}
		}
	}
}

// Prometheus reads every expression of the dashboards as well.
func TestExpressions(t *testing.T) {
	t.Parallel()
	type rule struct {
		Record string            `json:"record"`
		Expr   string            `json:"expr"`
		Labels map[string]string `json:"labels"` // duplicates are refused
	}
	var all []rule
	for where, expr := range expressions(t) {
		all = append(all, rule{"checked", expr, map[string]string{"where": where}})
	}
	file := filepath.Join(t.TempDir(), "expressions.yml") // JSON is YAML
	text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "expressions", "rules": all}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "rules", file)
}

const recipe = "name: small\nnodes:\n  - {id: a, type: COMMAND, config: {argv: [sh, -c, 'echo a > \"$0\"', \"{out}\"]}}\noutputs: [a]\n"

// What dashboards and alerts ask for a scheduler tells: so they do not rot.
func TestSchedulerTellsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	r := servicetest.NewRedis(t)
	server := redis.NewClient(&redis.Options{Addr: r.Addr()})
	defer server.Close()
	if err := server.ConfigSet(t.Context(), "maxmemory", "100mb").Err(); err != nil { // as the farm's own Redis has
		t.Fatal(err)
	}
	f := farmtest.New(t, farmtest.On{Redis: r.URL()})
	f.Scheduler()
	f.Worker("--slots", "2")
	f.Completed(f.Submit(recipe).ID, time.Minute)
	text := f.Scrape()
	promtool(t, text, "check", "metrics")

	told := map[string]bool{"up": true, "ALERTS": true} // Prometheus' own
	for _, line := range regexp.MustCompile(`(?m)^[a-z_]+`).FindAllString(text, -1) {
		told[line] = true
	}
	inWords, metric := regexp.MustCompile(`"[^"]*"|\b(by|on|without|unless|and|or) *\([^)]*\)|\[\d+[mhd]\]`), regexp.MustCompile(`\b([a-z]+_[a-z_]+|up|ALERTS)\b`)
	functions := []string{"histogram_quantile"}
	asked := make(map[string]bool)
	for where, expr := range expressions(t) {
		expr = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(expr, "")
		for _, name := range metric.FindAllString(inWords.ReplaceAllString(expr, " "), -1) {
			asked[name] = true
			if !told[name] && !slices.Contains(functions, name) {
				t.Errorf("%s asks for %s, which no scheduler tells", where, name)
			}
		}
	}
	if len(asked) < 25 {
		t.Errorf("dashboards and alerts ask for %v only: is the test blind?", slices.Sorted(maps.Keys(asked)))
	}
	// What is told and shown nowhere is for who looks closer; it is little.
	for name := range told {
		ours := strings.HasPrefix(name, "artdag_") && !strings.HasPrefix(name, "artdag_http") && name != "artdag_build_info"
		if ours && !asked[name] {
			t.Errorf("no dashboard and no alert shows %s", name)
		}
	}
}
