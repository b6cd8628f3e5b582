package main

import "strings"

// splitPairs reads NAME=VALUE arguments; a name may come several times.
func splitPairs(flag string, pairs []string) (map[string][]string, error) {
	out := make(map[string][]string)
	for _, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" || value == "" {
			return nil, usagef("%s %s: want NAME=VALUE", flag, pair)
		}
		out[name] = append(out[name], value)
	}
	return out, nil
}
