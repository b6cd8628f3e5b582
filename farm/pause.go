package farm

import (
	"context"
	"time"
)

// pause waits for so long, or until ctx ends: then its cause is the error.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
