package farmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// programs builds cmd/scheduler and cmd/worker on first use, and returns the
// folder that they are in. A variable of the package, because what is built
// belongs to the test binary.
var programs = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "artdag-programs-")
	if err != nil {
		return "", err
	}
	const module = "github.com/artdag/artdag/cmd/"
	output, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", folder+string(filepath.Separator), module+"scheduler", module+"worker").CombinedOutput()
	if err != nil {
		return folder, fmt.Errorf("farmtest: build the programs: %w\n%s", err, output)
	}
	built.Store("folder", folder)
	return folder, nil
})

// built tells RemovePrograms whether there is anything to remove.
var built sync.Map

// RemovePrograms removes what was built for this test binary, if anything was.
func RemovePrograms() {
	if folder, ok := built.Load("folder"); ok {
		_ = os.RemoveAll(folder.(string)) // the system clears its temporary folder
	}
}
