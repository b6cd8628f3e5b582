package executor

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/executor/sandbox"
	"github.com/artdag/artdag/executor/stamps"
)

// arrange puts the inputs where the .blend looks for them, as links, and
// returns the path of the .blend.
func (c blenderConfig) arrange(req Request) (string, error) {
	at, err := c.blendIndex(len(req.Inputs))
	if err != nil {
		return "", Invalid("%w", err)
	}
	folder := filepath.Join(req.Scratch, "scene")
	blend := filepath.Join(folder, sceneFile)
	for i, in := range req.Inputs {
		to := blend
		if i != at {
			to = filepath.Join(folder, filepath.FromSlash(c.Slots[i]))
		}
		if err := placeInput(in, to); err != nil {
			return "", err
		}
	}
	return blend, os.Mkdir(filepath.Join(req.Scratch, "out"), 0o755)
}

// placeInput links one input; a list becomes a folder of its members.
func placeInput(in File, to string) error {
	if in.Path == "" {
		for _, member := range in.Members {
			if err := placeInput(member, filepath.Join(to, member.Name+extension(member))); err != nil {
				return err
			}
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.Symlink(in.Path, to)
}

// extension returns what a member's name lacks.
func extension(member File) string {
	if member.Facts == nil || member.Facts.Format == "" || filepath.Ext(member.Name) != "" {
		return ""
	}
	if member.Facts.Format == "jpeg" {
		return ".jpg"
	}
	return "." + member.Facts.Format
}

type renderTask struct {
	blenderConfig
	Blend  string `json:"blend"`
	Out    string `json:"out"`
	Report string `json:"report"`
	Frames []int  `json:"frames"`
}

func (c blenderConfig) writeTask(scratch, blend string, frames []int) error {
	text, err := json.Marshal(renderTask{
		blenderConfig: c, Blend: blend, Frames: frames,
		Out: filepath.Join(scratch, "out"), Report: filepath.Join(scratch, "report.json"),
	})
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(scratch, "task.json"), text, 0o644),
		os.WriteFile(filepath.Join(scratch, "render.py"), renderScript, 0o644))
}

// failure says what kind of failure err is: the scene's, or another.
func (c blenderConfig) failure(scratch string, opened bool, err error) error {
	if fault := sceneFault(scratch); fault != nil {
		return fault
	}
	var exit *sandbox.ExitError
	if errors.As(err, &exit) && exit.Why == "" && !opened {
		return Invalid("Blender cannot read it; is it a .blend of this version of Blender or an older one? %w", err)
	}
	return err
}

// sceneFault returns what the script found wrong with the scene, or nil when
// rendering failed for another reason.
func sceneFault(scratch string) error {
	path, err := madeFile(scratch, "report.json")
	if err != nil {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var report struct {
		Missing []string
		Fault   string
	}
	switch err := json.Unmarshal(text, &report); {
	case err != nil:
		return nil
	case len(report.Missing) > 0:
		return Invalid("the .blend links %d files that are missing; pack them into it, or give each as an input named by its path:\n  %s",
			len(report.Missing), strings.Join(report.Missing, "\n  "))
	}
	return Invalid("the .blend: %s", report.Fault)
}

func (c blenderConfig) collect(scratch string, frames []int) (Result, error) {
	var result Result
	for _, frame := range frames {
		path, err := madeFile(scratch, filepath.Join("out", frameName(frame)+"."+c.Format))
		if err != nil {
			return Result{}, err
		}
		if err := stamps.Strip(path); err != nil {
			return Result{}, Failed("frame %d: %w", frame, err)
		}
		mediaType := map[string]string{"png": "image/png", "jpg": "image/jpeg", "exr": "image/x-exr"}[c.Format]
		result.Members = append(result.Members, Member{Name: frameName(frame), Path: path, MediaType: mediaType})
	}
	return result, nil
}
