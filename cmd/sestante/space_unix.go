//go:build unix

package main

import "golang.org/x/sys/unix"

// freeBytes returns how much of the disk below dir a program may still use.
func freeBytes(dir string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * fs.Bsize, nil
}
