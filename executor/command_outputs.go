package executor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// outputFaults refuses names that are no plain file names, or that two outputs
// would go by.
func outputFaults(names []string) (faults dag.ConfigErrors) {
	seen := map[string]bool{}
	for _, name := range names {
		const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
		switch {
		case strings.Trim(name, plain) != "" || len(name) > 200 || stem(name) == "" || name[0] == '-':
			faults = append(faults, dag.ConfigError{Path: []string{"outputs"},
				Message: fmt.Sprintf("%s: want a plain file name such as result.png, of letters, digits, dots, - and _", show(name))})
		case seen[stem(name)]:
			faults = append(faults, dag.ConfigError{Path: []string{"outputs"}, Message: "two outputs are named " + stem(name)})
		}
		seen[stem(name)] = true
	}
	return faults
}

// stem returns the name that an output goes by.
func stem(file string) string { return strings.TrimSuffix(file, filepath.Ext(file)) }

// names returns the output files.
func (c commandConfig) names() []string {
	switch outputs := c.Outputs.(type) {
	case string:
		return []string{outputs}
	case []any:
		names := make([]string, len(outputs))
		for i, name := range outputs {
			names[i], _ = name.(string) // the declaration says strings
		}
		slices.Sort(names)
		return names
	}
	return nil
}

func (c commandConfig) multi() bool {
	_, one := c.Outputs.(string)
	return !one
}

// collect looks at each output and takes nothing on trust.
func (c commandConfig) collect(ctx context.Context, req Request) (Result, error) {
	var members []Member
	for _, name := range c.names() {
		path, err := madeFile(req.Scratch, filepath.Join("out", name))
		if err != nil {
			return Result{}, err
		}
		if err := c.checkKind(ctx, req, name, path); err != nil {
			return Result{}, err
		}
		members = append(members, Member{Name: stem(name), Path: path})
	}
	if c.multi() {
		return Result{Members: members}, nil
	}
	return Result{Path: members[0].Path}, nil
}

// checkKind refuses an output that is not what the config says. Anything is
// data; Perform measures every output, so here data costs nothing.
func (c commandConfig) checkKind(ctx context.Context, req Request, name, path string) error {
	if c.Kind == dag.Data {
		return nil
	}
	facts, _, err := ffmpeg.Measure(ctx, req.Run, path)
	if err == nil && facts.Kind != c.Kind {
		err = Failed("%s is %s, not %s as its kind says", name, facts.Kind, c.Kind)
	}
	return err
}

// madeFile returns the path of a file that a tool was to write in scratch. What
// is not a file of its own, above all a link to somewhere else, is refused: it
// would be read outside the sandbox.
func madeFile(scratch, name string) (string, error) {
	path := filepath.Join(scratch, name)
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", Failed("%s was not written", filepath.Base(name))
	}
	own, err := filepath.EvalSymlinks(scratch)
	if err != nil {
		return "", err
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return "", Failed("%s was not written", filepath.Base(name))
	case !info.Mode().IsRegular() || folder != filepath.Join(own, filepath.Dir(name)):
		return "", Failed("%s is not a file but a link or something else", filepath.Base(name))
	}
	return path, nil
}
