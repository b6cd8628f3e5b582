package farm

import (
	"errors"
	"fmt"
	"path/filepath"
)

// mostFolders is how many workers may share a root; more than fit one machine.
const mostFolders = 1024

// newWorkerIn makes a worker in the first folder of the root that no other
// process uses, so that replicas which share a volume find their own, and a
// replica that was replaced leaves its cache to the one that comes after it.
// Without a root the worker has the folder that c says.
func newWorkerIn(root string, c WorkerConfig) (*Worker, error) {
	if root == "" {
		return NewWorker(c)
	}
	for n := range mostFolders {
		c.CacheDir = filepath.Join(root, fmt.Sprintf("worker-%d", n+1))
		w, err := NewWorker(c)
		if !errors.Is(err, errInUse) {
			return w, err
		}
	}
	return nil, fmt.Errorf("farm: all %d folders of %s are in use", mostFolders, root)
}
