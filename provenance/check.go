package provenance

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// check says what a record lacks to be one.
func check(r Record) error {
	farm, err := url.Parse(r.Farm)
	switch {
	case err != nil || farm.Scheme == "":
		return fmt.Errorf("the farm %q is no URI, such as https://farm.example or urn:artdag:studio", r.Farm)
	case r.Job == "":
		return errors.New("it has no job")
	case r.RunID.IsZero():
		return errors.New("it has no run_id")
	case r.Recipe.IsZero():
		return errors.New("it has no recipe")
	}
	return errors.Join(checkTimes("the job", r.Started, r.Finished), checkInputs(r), checkOutputs(r.Outputs), checkSteps(r.Steps))
}

func checkInputs(r Record) error {
	for name, hashes := range r.Inputs {
		for i, hash := range hashes {
			if hash.IsZero() {
				return fmt.Errorf("file %d of the input %q has no content hash", i, name)
			}
		}
	}
	return nil
}

func checkOutputs(outputs []Output) error {
	if len(outputs) == 0 {
		return errors.New("it has no outputs")
	}
	seen := make(map[string]bool, len(outputs))
	for i, o := range outputs {
		switch {
		case o.Name == "" || o.Content.IsZero():
			return fmt.Errorf("output %d, %q, lacks its name or its content hash", i, o.Name)
		case seen[o.Name]:
			return fmt.Errorf("two outputs are named %q", o.Name)
		}
		seen[o.Name] = true
	}
	return nil
}

func checkSteps(steps []Step) error {
	for i, s := range steps {
		if s.CacheID.IsZero() || s.Type == "" || s.Content.IsZero() {
			return fmt.Errorf("step %d, %q, lacks its cache_id, its type or its content hash", i, s.Label)
		}
		if err := checkTimes(fmt.Sprintf("step %d", i), s.Started, s.Finished); err != nil {
			return err
		}
	}
	return nil
}

// checkTimes refuses years that RFC 3339 cannot write.
func checkTimes(what string, times ...time.Time) error {
	for _, at := range times {
		if year := at.UTC().Year(); year < 0 || year > 9999 {
			return fmt.Errorf("%s is of the year %d", what, year)
		}
	}
	return nil
}
