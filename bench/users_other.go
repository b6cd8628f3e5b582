//go:build !unix

package main

import (
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// The bench compiles everywhere; its servers run on Unix only.

func setApart(*exec.Cmd) {}

func plainUser(string) (*syscall.SysProcAttr, error) { return nil, errors.ErrUnsupported }

// ended is not known here.
func ended() time.Duration { return 0 }

func own() (user, system time.Duration) { return 0, 0 }
