package client

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sestante/sestante/fault"
)

// A code is one fault as the source defines it.
type code struct{ kind, name, english, italian string }

// kinds are the kinds by the name of their constant.
var kinds = map[string]fault.Kind{
	"Invalid": fault.Invalid, "Unauthenticated": fault.Unauthenticated, "Forbidden": fault.Forbidden, "NotFound": fault.NotFound,
	"Conflict": fault.Conflict, "TooLarge": fault.TooLarge, "Limited": fault.Limited, "Busy": fault.Busy, "Internal": fault.Internal,
}

// apart are the folders whose faults no client meets: commands and what serves
// the house.
var apart = []string{"cmd", "internal", "bench", "client", "pb_migrations"}

// codesFile reads the sources rather than fault.All: what is defined depends on
// what a program imports, and a new room must not be forgotten here.
func codesFile(root string) ([]byte, error) {
	all, err := readCodes(root)
	if err != nil {
		return nil, err
	}
	p := newPage()
	p.line("import type { Kind } from '../fault.js';")
	p.line("")
	p.line("/** One fault that the server or the device defines. */")
	p.line("export interface Code {")
	p.line("  kind: Kind;\n  en: string;\n  it: string;")
	p.line("}")
	p.line("")
	p.line("/** Every fault by its code, with its sentence in English and in Italian. */")
	p.line("export const codes = {")
	for _, c := range all {
		p.line("  %s: {\n    kind: %s,\n    en: %s,\n    it: %s,\n  },", literal(c.name), literal(c.kind), literal(c.english), literal(c.italian))
	}
	p.line("} as const satisfies Record<string, Code>;")
	p.line("")
	p.line("/** The code of a fault. */")
	p.line("export type FaultCode = keyof typeof codes;")
	return p.Bytes(), nil
}

func readCodes(root string) ([]code, error) {
	var all []code
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "testdata" || slices.Contains(apart, rel) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		found, err := codesOf(path)
		all = append(all, found...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the fault codes: %w", err)
	}
	slices.SortFunc(all, func(a, b code) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// codesOf returns the faults that one file defines.
func codesOf(path string) ([]code, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var all []code
	for n := range ast.Preorder(file) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 4 || !defines(call.Fun, file.Name.Name) {
			continue
		}
		c := code{kind: string(kinds[last(call.Args[0])]), name: text(call.Args[1]), english: text(call.Args[2]), italian: text(call.Args[3])}
		if c.kind == "" || c.name == "" || c.english == "" || c.italian == "" {
			return nil, fmt.Errorf("%s: fault %q is not written out in literals", path, c.name)
		}
		all = append(all, c)
	}
	return all, nil
}

// defines reports whether the function is fault.Define.
func defines(fun ast.Expr, pkg string) bool {
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		x, ok := sel.X.(*ast.Ident)
		return ok && x.Name == "fault" && sel.Sel.Name == "Define"
	}
	id, ok := fun.(*ast.Ident)
	return ok && pkg == "fault" && id.Name == "Define"
}

// last returns the last name of an expression such as fault.Busy.
func last(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	default:
		return ""
	}
}

// text returns what a string literal, or several added up, says.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		if err != nil {
			return ""
		}
		return s
	case *ast.BinaryExpr:
		return text(e.X) + text(e.Y)
	default:
		return ""
	}
}
