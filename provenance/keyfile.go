package provenance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// LoadOrCreateKey returns the key in the file, and makes it (PKCS #8 in PEM,
// mode 0600) where there is none, with its folder. Of several that start at
// once all get the same key, and a crash leaves a whole one or none. A file
// that is no key, or that others may read or change, is ErrKey: it is never
// replaced.
func LoadOrCreateKey(path string) (Key, error) {
	key, err := loadKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createKey(path); err == nil {
			key, err = loadKey(path)
		}
	}
	if err != nil {
		return Key{}, fmt.Errorf("provenance: key %s: %w", path, err)
	}
	return key, nil
}

// LoadKey returns the key in the file; the error is fs.ErrNotExist where there is
// none, and ErrKey as with LoadOrCreateKey.
func LoadKey(path string) (Key, error) {
	key, err := loadKey(path)
	if err != nil {
		return Key{}, fmt.Errorf("provenance: key %s: %w", path, err)
	}
	return key, nil
}

// InstallKey writes a key to a file that does not exist, as LoadOrCreateKey
// does. A file that holds this key already is left alone; one that holds another
// is ErrKey.
func InstallKey(path string, key Key) error {
	is, err := loadKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = writeKey(path, key); err == nil {
			is, err = loadKey(path) // somebody may have been faster
		}
	}
	if err == nil && is.ID() != key.ID() {
		err = fmt.Errorf("%w: the file holds another key, %s: move it away", ErrKey, is.ID())
	}
	if err != nil {
		return fmt.Errorf("provenance: key %s: %w", path, err)
	}
	return nil
}

func loadKey(path string) (Key, error) {
	file, err := os.Open(path)
	if err != nil {
		return Key{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Key{}, err
	}
	// Reading by the group is how containers are given secrets.
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o027 != 0 {
		return Key{}, fmt.Errorf("%w: its mode is %#o, which lets others in; chmod 600", ErrKey, mode)
	}
	text := make([]byte, 4096) // a key has some 120 bytes
	n, err := file.Read(text)
	if n == 0 && err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return parseKey(text[:n])
}

func createKey(path string) error {
	key, err := NewKey()
	if err != nil {
		return err
	}
	return writeKey(path, key)
}

// writeKey writes a key under a name of its own and then links it to path,
// which fails where somebody was faster: then theirs holds.
func writeKey(path string, key Key) error {
	text, err := key.marshal()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the new name last: a key that signed and was then lost in a
// crash would make its records foreign.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
