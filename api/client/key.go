package client

import "context"

// Key returns the public key, in PEM, with which the farm says that it signs. Who
// needs more than the farm's own word compares it with one got elsewhere.
func (c *Client) Key(ctx context.Context) ([]byte, error) {
	found, err := fetch[struct {
		PEM string `json:"pem"`
	}](ctx, c, get("key"))
	return []byte(found.PEM), err
}
