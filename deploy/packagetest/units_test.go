package packagetest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/farm"
)

func unit(t *testing.T, name string) string {
	t.Helper()
	return string(read(t, filepath.Join(root(t), "deploy", "systemd", "artdag-"+name+".service")))
}

// systemd leaves out what it does not understand: it says so here.
func TestSystemdUnderstandsTheUnits(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"scheduler", "worker"} {
		file := filepath.Join(dir, "artdag-"+name+".service")
		// It looks for the program as well, which is not installed here.
		text := strings.Replace(unit(t, name), "/usr/bin/artdag-"+name, "/bin/true", 1)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if said := run(t, nil, "systemd-analyze", "--man=no", "verify", file); said != "" {
			t.Errorf("systemd-analyze: %s", said)
		}
		run(t, nil, "systemd-analyze", "security", "--offline=true", "--threshold=35", file)
	}
}

var setting = regexp.MustCompile(`(?m)(?:^#? ?|^Environment=|^Environment=.* )([A-Z]+_[A-Z_]+)=(\S*)`)

// settings are the variables that a text sets, or would if a # were not there.
func settings(text string) map[string]string {
	all := make(map[string]string)
	for line := range strings.Lines(text) {
		for part := range strings.FieldsSeq(strings.TrimPrefix(line, "Environment=")) {
			if found := setting.FindStringSubmatch(part); found != nil {
				all[found[1]] = found[2]
			}
		}
	}
	return all
}

func TestSettingsOfTheUnitsMeanSomething(t *testing.T) {
	for _, name := range []string{"scheduler", "worker"} {
		env := string(read(t, filepath.Join(root(t), "deploy", "systemd", name+".env")))
		all := settings(unit(t, name) + env)
		if len(all) < 5 {
			t.Fatalf("%s: found only %v", name, all)
		}
		for variable, value := range all {
			if err := farm.CheckEnvironment([]string{variable + "=" + value}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for variable, value := range settings(env) {
			if strings.HasSuffix(variable, "_FILE") || regexp.MustCompile(`://[^/]*:[^/]*@`).MatchString(value) {
				t.Errorf("%s.env holds a secret: %s", name, variable)
			}
		}
	}
}

// Killed before its grace is over, a worker would lose what it was about to
// finish.
func TestADrainEndsBeforeTheUnitIsKilled(t *testing.T) {
	grace, err := time.ParseDuration(settings(string(read(t, filepath.Join(root(t), "deploy", "systemd", "worker.env"))))["ARTDAG_GRACE"])
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindStringSubmatch(unit(t, "worker"))
	if found == nil {
		t.Fatal("the worker's unit has no TimeoutStopSec in seconds")
	}
	if limit, err := time.ParseDuration(found[1] + "s"); err != nil || limit < grace+20*time.Second {
		t.Errorf("TimeoutStopSec is %v (%v), the grace %v", limit, err, grace)
	}
}

// Each of these takes bubblewrap away: the machine's test shows it.
func TestTheWorkersUnitAllowsNamespaces(t *testing.T) {
	for _, option := range []string{"RestrictNamespaces", "ProtectHostname", "ProcSubset", "MemoryDenyWriteExecute"} {
		if regexp.MustCompile(`(?m)^` + option + `=`).MatchString(unit(t, "worker")) {
			t.Errorf("the worker's unit sets %s", option)
		}
	}
}
