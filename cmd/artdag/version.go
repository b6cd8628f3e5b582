package main

import "runtime"

type versionCmd struct{}

// Run prints the version and what it was built with.
func (versionCmd) Run(a *app) error {
	a.printf("artdag %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
