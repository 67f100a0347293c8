// The conversation between a script and the test that runs it: lines of JSON.
// The end of its input is the end of the script, so that none outlives its test.
import { createInterface } from 'node:readline'

const heard = []
let waiting
createInterface({ input: process.stdin })
	.on('line', line => {
		heard.push(JSON.parse(line))
		waiting?.()
	})
	.on('close', () => process.exit(1))

// hear waits for a line.
export async function hear() {
	while (heard.length === 0) await new Promise(resolve => { waiting = resolve })
	return heard.shift()
}

// say writes a line.
export function say(value) {
	process.stdout.write(JSON.stringify(value) + '\n')
}

// ask says what is wanted and waits for it.
export async function ask(what, more) {
	say({ ask: what, ...more })
	return hear()
}

// step tells how a step went. Nothing goes on after one that failed.
export async function step(name, run) {
	try {
		await run()
	} catch (error) {
		say({ step: name, error: `${error.stack}${error.cause ? '\n' + JSON.stringify(error.cause) : ''}` })
		process.exit(1)
	}
	say({ step: name })
}
