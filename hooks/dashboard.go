package hooks

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/pocketbase/pocketbase/core"
)

//go:embed dashboard/main.js
var dashboardFiles embed.FS

// dressDashboard adds our few lines to PocketBase's dashboard. Without them it
// works too: it then asks in English, and runs the lines of an answer together.
func dressDashboard(se *core.ServeEvent) error {
	files, err := fs.Sub(dashboardFiles, "dashboard")
	if err != nil {
		return fmt.Errorf("open the extension of the dashboard: %w", err)
	}
	se.UIExtensions = append(se.UIExtensions, core.UIExtension{Name: "sestante", FS: files})
	return nil
}
