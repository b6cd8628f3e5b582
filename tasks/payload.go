package tasks

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// TypeStep is the type of the queue's tasks: execute a step.
const TypeStep = "step"

// version of the payload. A worker refuses those that are newer than it.
const version = 1

// Payload is what the queue carries: which step, and which release of it. The
// rest the worker gets with the claim. It takes about 130 bytes.
type Payload struct {
	Version int         `json:"v"`
	ID      dag.CacheID `json:"id"`
	Epoch   string      `json:"e"`
	Release int64       `json:"r"`
	Slots   int         `json:"s"`
}

// decode reads a payload; what is malformed is refused with the reason.
func decode(text []byte) (Payload, error) {
	var p Payload
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("tasks: malformed payload: %w", err)
	}
	switch {
	case p.Version > version:
		return p, fmt.Errorf("tasks: the payload has version %d and this worker knows %d: update the worker", p.Version, version)
	case p.Version < 1 || p.ID.IsZero() || p.Epoch == "" || p.Release < 1 || p.Slots < 1:
		return p, fmt.Errorf("tasks: the payload %.200q names no release of a step", text)
	}
	return p, nil
}

// TaskID is the queue's id of a release.
func TaskID(id dag.CacheID, epoch string, release int64) string {
	return fmt.Sprintf("%s:%s:%d", id, epoch, release)
}

// QueueName is the queue of a priority and a resource class: "high-cpu".
func QueueName(p claim.Priority, class string) string { return string(p) + "-" + class }

// CheckClass refuses names that would break queue names or keys.
func CheckClass(class string) error {
	if class == "" || strings.Trim(class, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return fmt.Errorf("tasks: %q is no resource class: use small letters, digits and _", class)
	}
	return nil
}
