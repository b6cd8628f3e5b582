package kubernetes

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

// service is one of docker-compose.yml, with the defaults of its settings.
type service struct {
	Image       string            `json:"image"`
	Command     []string          `json:"command"`
	Environment map[string]string `json:"environment"`
	Secrets     []string          `json:"secrets"`
	Memory      string            `json:"mem_limit"`
	StopGrace   string            `json:"stop_grace_period"`
}

var withDefault = regexp.MustCompile(`\$\{[A-Z0-9_]+:-([^}]*)\}`)

func compose(t *testing.T) map[string]service {
	t.Helper()
	text := withDefault.ReplaceAllString(read(t, filepath.Join("..", "..", "docker-compose.yml")), "$1")
	// What a setting without a default comes to is text all the same.
	text = regexp.MustCompile(`(?m)^(\s+ARTDAG_[A-Z_]+:)\s*(true|false|)$`).ReplaceAllString(text, `$1 "$2"`)
	var all struct {
		Services map[string]service `json:"services"`
	}
	if err := yaml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Services) < 6 {
		t.Fatalf("docker-compose.yml has %d services", len(all.Services))
	}
	return all.Services
}

// added are the variables that only Kubernetes needs.
func added() []string { return []string{"ARTDAG_ADVERTISE"} }

func TestTheSameFarmAsCompose(t *testing.T) {
	f, services := build(t, "base"), compose(t)
	for name, want := range services {
		w, found := f.workloads[name]
		if !found {
			t.Errorf("the service %s of docker-compose.yml is missing", name)
			continue
		}
		c := w.container()
		if c.Image != want.Image || !slices.Equal(c.Args, want.Command) {
			t.Errorf("%s is %s %q, want %s %q", name, c.Image, c.Args, want.Image, want.Command)
		}
		got := variables(c)
		maps.DeleteFunc(got, func(variable, _ string) bool {
			_, there := want.Environment[variable]
			return !there && slices.Contains(added(), variable)
		})
		if !maps.Equal(got, want.Environment) {
			t.Errorf("%s has the settings\n%v, want\n%v", name, got, want.Environment)
		}
		sameBounds(t, w, want)
		sameSecrets(t, f, w, want)
	}
	if len(f.workloads) != len(services) {
		t.Errorf("%d workloads for %d services", len(f.workloads), len(services))
	}
}

func sameBounds(t *testing.T, w workload, want service) {
	t.Helper()
	limits := w.container().Resources.Limits
	units := strings.NewReplacer("m", "Mi", "g", "Gi")
	if memory := resource.MustParse(units.Replace(want.Memory)); limits.Memory().Cmp(memory) != 0 {
		t.Errorf("%s may take %v, want %v", w.name, limits.Memory(), &memory)
	}
	if want.StopGrace == "" {
		return
	}
	grace, err := time.ParseDuration(want.StopGrace)
	if got := time.Duration(*w.pods.Spec.TerminationGracePeriodSeconds) * time.Second; err != nil || got < grace {
		t.Errorf("%s has %v to stop, want %v (%v)", w.name, got, grace, err)
	}
}

func sameSecrets(t *testing.T, f farm, w workload, want service) {
	t.Helper()
	got := f.files(w)
	slices.Sort(want.Secrets)
	if !slices.Equal(got, want.Secrets) {
		t.Errorf("%s sees the secrets %v, want %v", w.name, got, want.Secrets)
	}
}

// A variable that nothing reads is a typing error.
func TestEveryVariableIsRead(t *testing.T) {
	var sources strings.Builder
	for _, file := range []string{"farm/settings.go", "cmd/asynqmon/settings.go", "deploy/images/ipfs.sh"} {
		sources.WriteString(read(t, filepath.Join("..", "..", file)))
	}
	for name, w := range build(t, "base").workloads {
		for _, v := range w.container().Env {
			if strings.HasPrefix(v.Name, "POD_") {
				continue // read by the variables after it
			}
			if !regexp.MustCompile(fmt.Sprintf(`(env:"%s"|\$\{%s[:}])`, v.Name, v.Name)).MatchString(sources.String()) {
				t.Errorf("%s sets %s, which no program reads", name, v.Name)
			}
		}
	}
}
