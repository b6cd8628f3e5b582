//go:build !linux

package main

import "errors"

func undisturbed(int) (back func() error, err error) { return nil, errors.ErrUnsupported }
