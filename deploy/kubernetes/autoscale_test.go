package kubernetes

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	kedav1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
)

// scaling is the one thing that the overlay scales.
func scaling(t *testing.T) (farm, *kedav1alpha1.ScaledObject) {
	t.Helper()
	f := build(t, "autoscale")
	if len(f.scaled) != 1 || len(f.scaled[0].Spec.Triggers) != 1 {
		t.Fatalf("the overlay scales %+v", f.scaled)
	}
	return f, f.scaled[0]
}

func TestKEDAAloneSaysHowManyWorkers(t *testing.T) {
	f, o := scaling(t)
	if w, found := f.workloads[o.Spec.ScaleTargetRef.Name]; !found || w.replicas != nil {
		t.Errorf("it scales %q, of which there are %v", o.Spec.ScaleTargetRef.Name, w.replicas)
	}
	if *o.Spec.MinReplicaCount < 0 || *o.Spec.MaxReplicaCount < *o.Spec.MinReplicaCount {
		t.Errorf("between %d and %d", *o.Spec.MinReplicaCount, *o.Spec.MaxReplicaCount)
	}
	if err := kedav1alpha1.CheckReplicaCountBoundsAreValid(o); err != nil {
		t.Error(err)
	}
	if err := kedav1alpha1.ValidateTriggers(o.Spec.Triggers); err != nil {
		t.Error(err)
	}
	if err := kedav1alpha1.CheckFallbackValid(o); err != nil {
		t.Error(err)
	}
}

// The address is the API's, seen from another namespace, and what is read there
// is in the answer.
func TestKEDAAsksTheScheduler(t *testing.T) {
	f, o := scaling(t)
	trigger := o.Spec.Triggers[0]
	u, err := url.Parse(trigger.Metadata["url"])
	if err != nil {
		t.Fatal(err)
	}
	name, namespace, _ := strings.Cut(u.Hostname(), ".")
	s := f.services[name]
	if s == nil || s.Namespace != namespace || u.Port() != "8080" || s.Spec.Ports[0].Port != 8080 {
		t.Errorf("%s is no service of the farm", u)
	}
	source := read(t, filepath.Join("..", "..", "api", "scale.go"))
	if path, found := strings.CutPrefix(u.Path, "/api/v1"); !found || !strings.Contains(source, `base+"`+path+`"`) {
		t.Errorf("the API has no %s", u.Path)
	}
	if field := trigger.Metadata["valueLocation"]; !strings.Contains(source, `json:"`+field+`"`) {
		t.Errorf("the answer has no %q", field)
	}
	p := f.policies["keda"]
	if p.Spec.PodSelector.MatchLabels["app.kubernetes.io/name"] != name || p.Spec.Ingress[0].Ports[0].Port.IntVal != 8080 {
		t.Errorf("the policies do not let KEDA ask: %+v", p.Spec)
	}
}

// KEDA puts the secret into a header as it is: a line's end would make it none.
func TestKEDAShowsTheTokenOfTheMetrics(t *testing.T) {
	f, o := scaling(t)
	login := f.logins[o.Spec.Triggers[0].AuthenticationRef.Name]
	if login == nil || len(login.Spec.SecretTargetRef) != 1 {
		t.Fatalf("it shows %+v", login)
	}
	ref := login.Spec.SecretTargetRef[0]
	secret := f.secrets[ref.Name]
	if secret == nil || ref.Parameter != "token" || secret.Namespace != login.Namespace {
		t.Fatalf("it reads %+v, which is %v", ref, secret)
	}
	shown := string(secret.Data[ref.Key])
	for name, other := range f.secrets {
		if want, found := other.Data["metrics_token"]; found && (shown != strings.TrimSpace(string(want)) || shown == "") {
			t.Errorf("it shows %q, the scheduler knows %q of %s", shown, want, name)
		}
	}
}
