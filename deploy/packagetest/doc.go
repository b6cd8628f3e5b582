// Package packagetest tests what is installed without containers: the systemd
// units, the Debian package and the release.
//
// make test-machine installs the package on a copy of this machine, with systemd
// as its first process, and has the two services do a job. It needs root.
package packagetest
