//go:build !linux

package main

import "errors"

func undisturbed(int) (core int, back func() error, err error) { return 0, nil, errors.ErrUnsupported }

func watchCore([]string) error { return errors.ErrUnsupported }
