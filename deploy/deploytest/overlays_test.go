//go:build cluster

package deploytest

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// exclusive are overlays that do not go together, as docs/operations.md says.
var exclusive = [][2]string{
	{"external", "ha"}, {"external", "gpu"}, {"tls-services", "external"}, {"tls-services", "ha"}, {"tls-services", "gpu"},
}

// additions go with the overlay that they add to only, and after it.
var additions = map[string]string{"tls-services": "tls", "tls-remote": alone}

// alone goes without docker-compose.yml and without the others, but for what
// adds to it.
const alone = "remote"

// given is what overlays want to be told.
func given(set []string) []string {
	var out []string
	for overlay, settings := range map[string][]string{
		"external":     {"ARTDAG_REDIS=redis.example:6379/0", "ARTDAG_DATABASE=db.example/artdag", "ARTDAG_IPFS=/dns/kubo.example/tcp/5001"},
		"remote":       {"ARTDAG_SERVER=http://farm:8080", "ARTDAG_ADVERTISE=http://me:8081"},
		"tls-services": {"ARTDAG_TLS_NAME=farm.example"},
		"ha":           {"ARTDAG_GPU_REDIS=redis+sentinel://worker@sentinel1:26379,sentinel2:26379,sentinel3:26379/0?master=artdag"},
	} {
		if slices.Contains(set, overlay) {
			out = append(out, settings...)
		}
	}
	return out
}

// overlaySets are all sets of overlays that go together, and the files of each.
func overlaySets(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../compose.*.yml")
	if err != nil || len(files) < 6 {
		t.Fatalf("overlays are %v, %v", files, err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "compose."), ".yml"))
	}
	slices.Sort(names) // an addition's name begins with that of what it adds to
	out := make(map[string][]string)
	for bits := range 1 << len(names) {
		var set []string
		for i, name := range names {
			if bits>>i&1 == 1 {
				set = append(set, name)
			}
		}
		if together(set) {
			out[strings.Join(append([]string{"farm"}, set...), "+")] = paths(set)
		}
	}
	return out
}

func paths(set []string) []string {
	var out []string
	if !slices.Contains(set, alone) {
		out = append(out, "docker-compose.yml")
	}
	for _, name := range set {
		out = append(out, "deploy/compose."+name+".yml")
	}
	return out
}

// together says whether a set may be.
func together(set []string) bool {
	for _, pair := range exclusive {
		if slices.Contains(set, pair[0]) && slices.Contains(set, pair[1]) {
			return false
		}
	}
	for added, to := range additions {
		if slices.Contains(set, added) && !slices.Contains(set, to) {
			return false
		}
	}
	return !slices.Contains(set, alone) || !slices.ContainsFunc(set, func(name string) bool { return name != alone && additions[name] != alone })
}

// project is what compose makes of its files.
type project struct {
	Services map[string]struct {
		Image       string
		ReadOnly    bool     `yaml:"read_only"`
		CapDrop     []string `yaml:"cap_drop"`
		CapAdd      []string `yaml:"cap_add"`
		SecurityOpt []string `yaml:"security_opt"`
		Ports       []any
		Volumes     []any
		Environment map[string]any
		MemLimit    any `yaml:"mem_limit"`
		PidsLimit   any `yaml:"pids_limit"`
	}
	Secrets map[string]struct{ File string }
}

// Whatever set of overlays is chosen, compose reads it without a word, and it is
// as safe as the farm alone.
func TestOverlaysGoTogether(t *testing.T) {
	compose := composeCommand(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	secrets := filepath.Join(t.TempDir(), "secrets")
	if out, err := exec.Command("../secrets.sh", secrets).CombinedOutput(); err != nil {
		t.Fatalf("secrets.sh: %v\n%s", err, out)
	}
	sets := overlaySets(t)
	t.Logf("%d sets of overlays", len(sets))
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := slices.Concat(compose, []string{"--project-directory", "."})
			for _, file := range sets[name] {
				args = append(args, "--file", file)
			}
			cmd := exec.CommandContext(t.Context(), args[0], append(args[1:], "config")...)
			cmd.Dir, cmd.Env = root, append(append(os.Environ(), "ARTDAG_SECRETS="+secrets), given(strings.Split(name, "+"))...)
			var out, said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &said
			if err := cmd.Run(); err != nil || said.Len() > 0 {
				t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, said.String())
			}
			var p project
			if err := yaml.Unmarshal(out.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			check(t, p, root)
		})
	}
}

func check(t *testing.T, p project, root string) {
	t.Helper()
	ports := make(map[string]string)
	servers := make(map[string]bool)
	for name, s := range p.Services {
		if s.Image == "" || !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") ||
			s.MemLimit == nil || s.PidsLimit == nil {
			t.Errorf("%s is not hardened: %+v", name, s)
		}
		// Of the official image of Caddy only: the kernel does not execute its
		// program without.
		if want := strings.HasPrefix(s.Image, "caddy:"); want != slices.Equal(s.CapAdd, []string{"NET_BIND_SERVICE"}) || !want && len(s.CapAdd) > 0 {
			t.Errorf("%s, of %s, is given the capabilities %q", name, s.Image, s.CapAdd)
		}
		for _, port := range s.Ports {
			host, number := published(port)
			if other, taken := ports[number]; taken {
				t.Errorf("%s and %s publish port %s", name, other, number)
			}
			ports[number] = name
			// Others have to reach these, and say so.
			if host != "127.0.0.1" && number != "8443" && !(name == "worker" && number == "8081") {
				t.Errorf("%s publishes port %s on %q", name, number, host)
			}
		}
		for _, source := range mounted(s.Volumes) {
			if _, err := os.Stat(source); err != nil && !strings.HasPrefix(source, filepath.Join(root, "deploy/tls/certs")) {
				t.Errorf("%s mounts %s, which is not there", name, source)
			}
		}
		if url, ok := s.Environment["REDIS_URL"]; ok {
			_, where, _ := strings.Cut(fmt.Sprint(url), "@")
			servers[where] = true
		}
	}
	if len(servers) > 1 {
		t.Errorf("services use different Redis servers: %v", servers)
	}
	for name, secret := range p.Secrets {
		if _, err := os.Stat(secret.File); err != nil {
			t.Errorf("secrets.sh does not make %s: %v", name, err)
		}
	}
}

// published is where a port is published. docker-compose writes it as text,
// docker compose as fields.
func published(port any) (host, number string) {
	if fields, ok := port.(map[string]any); ok {
		host, _ = fields["host_ip"].(string)
		return host, fmt.Sprint(fields["published"])
	}
	parts := regexp.MustCompile(`^(?:(.*):)?(\d+):\d+(?:/tcp)?$`).FindStringSubmatch(fmt.Sprint(port))
	if parts == nil {
		return "", fmt.Sprint(port)
	}
	return parts[1], parts[2]
}

// mounted are the files and folders of this machine that a service sees.
func mounted(volumes []any) []string {
	var out []string
	for _, v := range volumes {
		source := ""
		if fields, ok := v.(map[string]any); ok {
			source, _ = fields["source"].(string)
		} else {
			source, _, _ = strings.Cut(fmt.Sprint(v), ":")
		}
		if filepath.IsAbs(source) {
			out = append(out, source)
		}
	}
	return out
}

// What does not go together is said where people look.
func TestExclusiveOverlaysAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, variants, ok := strings.Cut(string(text), "## Variants")
	if !ok {
		t.Fatal("docs/operations.md has no section Variants")
	}
	names := []string{alone}
	for _, pair := range exclusive {
		names = append(names, pair[:]...)
	}
	for added, to := range additions {
		names = append(names, added, to)
	}
	for _, name := range names {
		if !strings.Contains(variants, "compose."+name+".yml") {
			t.Errorf("docs/operations.md, Variants, does not name compose.%s.yml", name)
		}
	}
}
