package config

import "github.com/sestante/sestante/fault"

// What can be wrong with a configuration. The field of each is the key, or the
// file, it is about.
var (
	// ErrKey answers a key or a SESTANTE_* variable that is not in the table.
	// Its detail suggests the nearest one that is.
	ErrKey = fault.Define(fault.Invalid, "config.key",
		"There is no such configuration key.", "Questa chiave di configurazione non esiste.")

	// ErrValue answers a value that its key does not take.
	ErrValue = fault.Define(fault.Invalid, "config.value",
		"This key does not take this value.", "Questa chiave non accetta questo valore.")

	// ErrSecret answers a secret written into the configuration file or onto
	// the command line, where others can read it.
	ErrSecret = fault.Define(fault.Invalid, "config.secret",
		"A secret does not belong here.", "Un segreto non va scritto qui.")

	// ErrTwice answers a key given twice in one file, and a secret given both
	// in the environment and as a file.
	ErrTwice = fault.Define(fault.Invalid, "config.twice",
		"This key is given twice.", "Questa chiave è indicata due volte.")

	// ErrIncomplete answers keys that only make sense together when one of
	// them is missing, or when two contradict each other.
	ErrIncomplete = fault.Define(fault.Invalid, "config.incomplete",
		"This key needs another one.", "Questa chiave ne richiede un'altra.")

	// ErrFile answers a configuration file or a secret's file that is absent,
	// unreadable, empty or too long.
	ErrFile = fault.Define(fault.Invalid, "config.file",
		"This file cannot be used.", "Questo file non può essere usato.")

	// ErrYAML answers a configuration file that is not one YAML mapping.
	ErrYAML = fault.Define(fault.Invalid, "config.yaml",
		"This file is not a YAML mapping of keys to values.", "Questo file non è una mappa YAML di chiavi e valori.")
)
