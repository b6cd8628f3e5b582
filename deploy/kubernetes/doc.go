// Package kubernetes holds the manifests of the farm and checks them: against
// the types of Kubernetes, and against docker-compose.yml, of which they are the
// other form. It is a module of its own, so that no program depends on
// Kubernetes.
package kubernetes
