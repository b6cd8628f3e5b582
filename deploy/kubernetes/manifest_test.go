package kubernetes

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func TestPodsKeepToTheStrictestStandard(t *testing.T) {
	checks, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range build(t, "base").workloads {
		restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
		for _, result := range checks.EvaluatePod(restricted, &w.pods.ObjectMeta, &w.pods.Spec) {
			if !result.Allowed {
				t.Errorf("%s: %s: %s", name, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
		if !*w.container().SecurityContext.ReadOnlyRootFilesystem || *w.pods.Spec.AutomountServiceAccountToken {
			t.Errorf("%s may write to its image, or gets a token of the cluster", name)
		}
		if r := w.container().Resources; r.Limits.Memory().IsZero() || r.Requests.Cpu().IsZero() {
			t.Errorf("%s asks for no cores, or may take all memory: %+v", name, r)
		}
		if w.container().LivenessProbe == nil || w.container().StartupProbe == nil {
			t.Errorf("%s is not watched", name)
		}
	}
}

func TestWhatIsNamedIsThere(t *testing.T) {
	f := build(t, "base")
	for name, w := range f.workloads {
		volumes := make(map[string]bool)
		for _, c := range w.claims {
			volumes[c.Name] = true
		}
		for _, v := range w.pods.Spec.Volumes {
			volumes[v.Name] = true
			if v.PersistentVolumeClaim != nil && f.claims[v.PersistentVolumeClaim.ClaimName] == nil {
				t.Errorf("%s wants the volume %s, which nobody claims", name, v.PersistentVolumeClaim.ClaimName)
			}
			for file := range secretsOf(v) {
				if f.secrets[file] == nil {
					t.Errorf("%s wants the secret %s, which nobody makes", name, file)
				}
			}
		}
		for _, m := range w.container().VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("%s mounts %s, which is no volume of it", name, m.Name)
			}
		}
	}
	for name, s := range f.services {
		w, found := f.workloads[name]
		if !found || !labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(w.pods.Labels)) {
			t.Errorf("the service %s leads to no pod", name)
			continue
		}
		for _, p := range s.Spec.Ports {
			if !slices.ContainsFunc(w.container().Ports, func(c corev1.ContainerPort) bool { return c.Name == p.TargetPort.StrVal && c.ContainerPort == p.Port }) {
				t.Errorf("the service %s leads to the port %v, which it does not have", name, p.TargetPort)
			}
		}
	}
	for name, b := range f.budgets {
		if w := f.workloads[name]; !labels.SelectorFromSet(b.Spec.Selector.MatchLabels).Matches(labels.Set(w.pods.Labels)) || *w.replicas < 2 {
			t.Errorf("the budget %s is of nothing, or of one pod, of which no node could be emptied", name)
		}
	}
}

// A file that is named in a variable is one of the pod's secrets.
func TestSecretsAreWhereTheProgramsLook(t *testing.T) {
	f := build(t, "base")
	for name, w := range f.workloads {
		files := f.files(w)
		for variable, value := range variables(w.container()) {
			if strings.HasSuffix(variable, "_FILE") && !slices.Contains(files, strings.TrimPrefix(value, "/run/secrets/")) {
				t.Errorf("%s looks for %s, and has %v", name, value, files)
			}
		}
	}
}

var multiaddr = regexp.MustCompile(`^/dns/([^/]+)/tcp/(\d+)$`)

// calls are the services that a workload's settings name, as name:port.
func calls(w workload) (all []string) {
	for name, value := range variables(w.container()) {
		if found := multiaddr.FindStringSubmatch(value); found != nil {
			all = append(all, found[1]+":"+found[2])
		} else if u, err := url.Parse(value); err == nil && u.Port() != "" && name != "ARTDAG_ADVERTISE" {
			all = append(all, u.Host)
		}
	}
	return all
}

// What a program is told to call is a service, and both ends let it.
func TestTheNetworkLetsThroughWhatIsCalled(t *testing.T) {
	f, seen := build(t, "base"), 0
	for name, w := range f.workloads {
		all := calls(w)
		if name == "worker" {
			all = append(all, "scheduler:8080", "worker:8081")
		} else if name == "scheduler" {
			all = append(all, "worker:8081")
		}
		for _, call := range all {
			host, port, _ := strings.Cut(call, ":")
			if f.services[host] == nil && host != "worker" {
				t.Errorf("%s calls %s, which is no service", name, call)
				continue
			}
			seen++
			if !f.allows(name, host, intstr.Parse(port)) {
				t.Errorf("%s calls %s, and the policies do not let it", name, call)
			}
		}
	}
	if seen != 9 { // scheduler and worker four each, the monitor one
		t.Errorf("%d calls were found", seen)
	}
	for _, forbidden := range []struct {
		from, to string
		port     int
	}{{"worker", "postgres", 5432}, {"asynqmon", "postgres", 5432}, {"asynqmon", "scheduler", 8080}, {"ipfs", "redis", 6379}, {"worker", "asynqmon", 8080}} {
		if f.allows(forbidden.from, forbidden.to, intstr.FromInt(forbidden.port)) {
			t.Errorf("the policies let %s call %s", forbidden.from, forbidden.to)
		}
	}
}

// allows says whether some policy lets a call out, and some lets it in.
func (f farm) allows(from, to string, port intstr.IntOrString) bool {
	source, target := labels.Set(f.workloads[from].pods.Labels), labels.Set(f.workloads[to].pods.Labels)
	out, in := false, false
	for _, p := range f.policies {
		of := labels.SelectorFromSet(p.Spec.PodSelector.MatchLabels)
		for _, rule := range p.Spec.Egress {
			for _, peer := range rule.To {
				out = out || of.Matches(source) && peer.PodSelector != nil && labels.SelectorFromSet(peer.PodSelector.MatchLabels).Matches(target) &&
					*rule.Ports[0].Port == port
			}
		}
		for _, rule := range p.Spec.Ingress {
			for _, peer := range rule.From {
				in = in || of.Matches(target) && peer.PodSelector != nil && labels.SelectorFromSet(peer.PodSelector.MatchLabels).Matches(source) &&
					*rule.Ports[0].Port == port
			}
		}
	}
	return out && in
}

func TestADrainEndsBeforeThePodIsKilled(t *testing.T) {
	w := build(t, "base").workloads["worker"]
	grace, err := time.ParseDuration(variables(w.container())["ARTDAG_GRACE"])
	if limit := time.Duration(*w.pods.Spec.TerminationGracePeriodSeconds) * time.Second; err != nil || limit < grace+20*time.Second {
		t.Errorf("a pod is killed after %v, its grace is %v (%v)", limit, grace, err)
	}
}

// The caches fit their volumes with some room.
func TestCachesFitTheirVolumes(t *testing.T) {
	f := build(t, "base")
	const written = 20e9 // ARTDAG_CACHE_SIZE
	for _, name := range []string{"scheduler", "worker"} {
		if got := variables(f.workloads[name].container())["ARTDAG_CACHE_SIZE"]; got != "20GB" {
			t.Errorf("the cache of the %s is %s", name, got)
		}
	}
	room := f.claims["scheduler"].Spec.Resources.Requests.Storage().Value()
	for _, v := range f.workloads["worker"].pods.Spec.Volumes {
		if v.Name == "data" {
			room = min(room, v.EmptyDir.SizeLimit.Value())
		}
	}
	if float64(room) < written*1.1 {
		t.Errorf("a cache of %g bytes has %d", written, room)
	}
}

// Bubblewrap is an overlay: what it changes is there, and nothing else differs.
func TestBubblewrap(t *testing.T) {
	plain, with := build(t, "base"), build(t, "bubblewrap")
	w := with.workloads["worker"]
	profile := w.pods.Spec.SecurityContext.SeccompProfile
	if profile.Type != corev1.SeccompProfileTypeLocalhost || *w.container().SecurityContext.ProcMount != corev1.UnmaskedProcMount || *w.pods.Spec.HostUsers {
		t.Errorf("the worker is confined by %+v, %+v", profile, w.container().SecurityContext)
	}
	if len(with.objects) != len(plain.objects) || len(w.container().Env) != len(plain.workloads["worker"].container().Env) {
		t.Error("the overlay changes more than the sandbox")
	}
	if c := w.container().SecurityContext; *c.AllowPrivilegeEscalation || !*c.ReadOnlyRootFilesystem || !*w.pods.Spec.SecurityContext.RunAsNonRoot {
		t.Errorf("the overlay gives the worker privileges: %+v", c)
	}
}
