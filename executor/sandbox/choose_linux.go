package sandbox

import (
	"errors"
	"slices"
)

// choose returns the strongest confinement that works here.
func (s *Sandbox) choose() (confinement, error) {
	bwrap, err := s.newBubblewrap()
	if err == nil {
		return bwrap, nil
	}
	super, superErr := s.newSupervisor(err)
	if superErr == nil {
		return super, nil
	}
	return plain{why: errors.Join(err, superErr).Error()}, nil
}

func (s *Sandbox) without(kind string) bool { return slices.Contains(s.options.Without, kind) }
