package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// export is one -o: an output and where to copy it.
type export struct {
	output string
	file   string
	multi  bool // a folder, for a step with several outputs
}

// exportsOf reads the -o flags against the plan, before anything is rendered.
func exportsOf(flags []string, prepared *engine.Prepared) ([]export, error) {
	var out []export
	places := make(map[string]bool)
	for _, flag := range flags {
		e, err := exportOf(flag, prepared.Plan.Outputs)
		if err != nil {
			return nil, err
		}
		if err := checkExport(&e, prepared); err != nil {
			return nil, err
		}
		if place := filepath.Clean(e.file); places[place] {
			return nil, usagef("-o %s is given twice", e.file)
		} else {
			places[place] = true
		}
		out = append(out, e)
	}
	return out, nil
}

func exportOf(flag string, outputs []dag.Output) (export, error) {
	var names []string
	for _, o := range outputs {
		names = append(names, o.Name)
	}
	if name, file, found := strings.Cut(flag, "="); found && slices.Contains(names, name) && file != "" {
		return export{output: name, file: file}, nil
	} else if found && name != "" && !strings.ContainsAny(name, "/.") {
		return export{}, usagef("-o %s: the recipe has no output named %s%s; it has %s",
			flag, name, dag.Suggest(name, names), strings.Join(names, ", "))
	}
	if len(outputs) != 1 {
		return export{}, usagef("-o %s: there are %d outputs; say which with -o NAME=FILE: %s",
			flag, len(outputs), few(names))
	}
	if flag == "" {
		return export{}, usagef("-o: want the name of a file")
	}
	return export{output: names[0], file: flag}, nil
}

// checkExport refuses what could not be written, or would carry an extension
// that lies about what is inside.
func checkExport(e *export, prepared *engine.Prepared) error {
	if err := checkFolder(e.file); err != nil {
		return err
	}
	step, ok := producer(prepared.Plan, e.output)
	e.multi = step.Multi
	info, err := os.Stat(e.file)
	switch {
	case err != nil:
	case e.multi && !info.IsDir():
		return usagef("-o %s is a file; the output %s has several, so give a folder", e.file, e.output)
	case e.multi:
		return nil
	case info.IsDir():
		return usagef("-o %s is a folder; give the name of a file", e.file)
	}
	for _, s := range prepared.Sources {
		if source, err := os.Stat(s.Path); err == nil && info != nil && os.SameFile(info, source) {
			return usagef("-o %s is an input of the recipe, which would be lost; give another name", e.file)
		}
	}
	if !ok || e.multi {
		return nil
	}
	return checkExtension(*e, step.Format)
}

// checkFolder tries whether a file can be made beside file.
func checkFolder(file string) error {
	folder := filepath.Dir(file)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return usagef("-o %s: there is no folder %s", file, folder)
	}
	trial, err := os.CreateTemp(folder, ".artdag-*")
	if err != nil {
		return usagef("-o %s: the folder %s cannot be written: %w", file, folder, errors.Unwrap(err))
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}

// producer returns the step that makes an output whole.
func producer(plan *dag.Plan, output string) (dag.Step, bool) {
	for _, o := range plan.Outputs {
		if o.Name != output || o.Input.IsSource() || o.Input.Member != "" {
			continue
		}
		for _, s := range plan.Steps {
			if s.ID == o.Input.Step {
				return s, true
			}
		}
	}
	return dag.Step{}, false
}

// extensions are the usual ones of each container, the first the best.
func extensions(format string) []string {
	switch format {
	case "matroska":
		return []string{".mkv", ".mka"}
	case "mp4":
		return []string{".mp4", ".m4v", ".m4a"}
	case "jpeg", "jpg":
		return []string{".jpg", ".jpeg"}
	case "":
		return nil
	}
	return []string{"." + format}
}

func checkExtension(e export, format string) error {
	usual := extensions(format)
	got := strings.ToLower(filepath.Ext(e.file))
	if len(usual) == 0 || slices.Contains(usual, got) {
		return nil
	}
	return usagef("-o %s: the output %s is %s (%s); name the file %s, or add an ENCODE node for another format (see artdag types ENCODE)",
		e.file, e.output, format, strings.Join(usual, ", "), strings.TrimSuffix(e.file, filepath.Ext(e.file))+usual[0])
}

// export copies the outputs out of the cache.
func (w *workshop) export(exports []export, report *engine.Report) error {
	for _, e := range exports {
		i := slices.IndexFunc(report.Outputs, func(o engine.Output) bool { return o.Name == e.output })
		if i < 0 {
			continue
		}
		out := &report.Outputs[i]
		if err := w.exportOne(e, *out); err != nil {
			return fmt.Errorf("-o %s: %w", e.file, err)
		}
		out.Path, _ = filepath.Abs(e.file)
	}
	return nil
}

func (w *workshop) exportOne(e export, out engine.Output) error {
	if !e.multi {
		return w.cache.Export(w.app.ctx, out.Path, e.file)
	}
	if err := os.MkdirAll(e.file, 0o755); err != nil {
		return err
	}
	for _, m := range out.Members {
		if err := w.cache.Export(w.app.ctx, m.Path, filepath.Join(e.file, memberFile(m))); err != nil {
			return err
		}
	}
	return nil
}

func memberFile(m cache.Member) string {
	if filepath.Ext(m.Name) != "" {
		return m.Name
	}
	return m.Name + filepath.Ext(m.Path)
}
