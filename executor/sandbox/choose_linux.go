package sandbox

import (
	"errors"
	"slices"
)

// choose returns the strongest confinement that works here.
func (s *Sandbox) choose() (confinement, error) {
	bwrap, err := s.newBubblewrap()
	switch {
	case err == nil:
		return bwrap, nil
	case errors.Is(err, errGuard):
		return nil, err
	}
	super, superErr := s.newSupervisor(err)
	if superErr == nil {
		return super, nil
	}
	return plain{why: errors.Join(err, superErr).Error()}, nil
}

func (s *Sandbox) without(kind string) bool { return slices.Contains(s.options.Without, kind) }
