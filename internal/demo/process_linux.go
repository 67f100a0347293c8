package demo

import "syscall"

// childAttributes make a pod end with whoever started it, however that ends.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
