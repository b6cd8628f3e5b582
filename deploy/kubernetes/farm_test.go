package kubernetes

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	kedav1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// workload is what runs pods, of whatever kind.
type workload struct {
	name     string
	pods     corev1.PodTemplateSpec
	claims   []corev1.PersistentVolumeClaim
	replicas *int32 // nil: somebody else says
}

func (w workload) container() corev1.Container { return w.pods.Spec.Containers[0] }

// farm is everything that a kustomization makes, by kind and name.
type farm struct {
	objects   []runtime.Object
	workloads map[string]workload
	services  map[string]*corev1.Service
	secrets   map[string]*corev1.Secret
	claims    map[string]*corev1.PersistentVolumeClaim
	policies  map[string]*networkingv1.NetworkPolicy
	budgets   map[string]*policyv1.PodDisruptionBudget
	scaled    []*kedav1alpha1.ScaledObject
	logins    map[string]*kedav1alpha1.TriggerAuthentication
}

// scheme knows the kinds that the manifests may use.
func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range kinds() {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// decode refuses what Kubernetes does not know: kinds, fields, fields given twice.
func decode(t *testing.T, document []byte) runtime.Object {
	t.Helper()
	object, _, err := serializer.NewCodecFactory(scheme(t), serializer.EnableStrict).UniversalDeserializer().Decode(document, nil, nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	return object
}

// copied is the folder of the manifests in a folder of its own, with secrets
// that its script made.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, args := range [][]string{
		{"cp", "-R", ".", filepath.Join(dir, "kubernetes")},
		{"rm", "-rf", filepath.Join(dir, "kubernetes", "base", "secrets")},
		{"cp", filepath.Join("..", "secrets.sh"), dir},
		{filepath.Join(dir, "kubernetes", "secrets.sh")},
	} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	return filepath.Join(dir, "kubernetes")
}

// build is what kubectl apply -k would apply.
func build(t *testing.T, folder string) farm {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(copied(t), folder))
	if err != nil {
		t.Fatal(err)
	}
	f := farm{
		workloads: make(map[string]workload), services: make(map[string]*corev1.Service), secrets: make(map[string]*corev1.Secret),
		claims: make(map[string]*corev1.PersistentVolumeClaim), policies: make(map[string]*networkingv1.NetworkPolicy),
		budgets: make(map[string]*policyv1.PodDisruptionBudget), logins: make(map[string]*kedav1alpha1.TriggerAuthentication),
	}
	for _, resource := range made.Resources() {
		document, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		f.add(decode(t, document))
	}
	return f
}

func (f *farm) add(object runtime.Object) {
	f.objects = append(f.objects, object)
	switch o := object.(type) {
	case *appsv1.Deployment:
		f.workloads[o.Name] = workload{o.Name, o.Spec.Template, nil, o.Spec.Replicas}
	case *appsv1.StatefulSet:
		f.workloads[o.Name] = workload{o.Name, o.Spec.Template, o.Spec.VolumeClaimTemplates, o.Spec.Replicas}
	case *corev1.Service:
		f.services[o.Name] = o
	case *corev1.Secret:
		f.secrets[o.Name] = o
	case *corev1.PersistentVolumeClaim:
		f.claims[o.Name] = o
	case *networkingv1.NetworkPolicy:
		f.policies[o.Name] = o
	case *policyv1.PodDisruptionBudget:
		f.budgets[o.Name] = o
	case *kedav1alpha1.ScaledObject:
		f.scaled = append(f.scaled, o)
	case *kedav1alpha1.TriggerAuthentication:
		f.logins[o.Name] = o
	}
}

// files are the names of the secrets that a workload sees.
func (f farm) files(w workload) (all []string) {
	for _, v := range w.pods.Spec.Volumes {
		for name := range secretsOf(v) {
			if secret := f.secrets[name]; secret != nil {
				all = slices.AppendSeq(all, maps.Keys(secret.Data))
			}
		}
	}
	slices.Sort(all)
	return all
}

// secretsOf are the names of the secrets in a volume.
func secretsOf(v corev1.Volume) map[string]bool {
	all := make(map[string]bool)
	if v.Projected != nil {
		for _, source := range v.Projected.Sources {
			all[source.Secret.Name] = true
		}
	}
	return all
}

// variables are those of a container that have a value.
func variables(c corev1.Container) map[string]string {
	all := make(map[string]string)
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			all[v.Name] = v.Value
		}
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
