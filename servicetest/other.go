//go:build !unix

package servicetest

import (
	"errors"
	"os"
	"os/exec"
)

// The package compiles everywhere, so that every test does; its servers run on
// Unix only.

func setApart(*exec.Cmd) {}

func pause(int) error  { return errors.ErrUnsupported }
func resume(int) error { return errors.ErrUnsupported }

func wake(*os.Process) {}

type plain struct{}

func plainUser() (*plain, error) { return nil, errors.ErrUnsupported }

func (*plain) runs(*exec.Cmd) {}

func (*plain) owns(string) error { return nil }
