// Writes what a measurement printed into its section of docs/performance.md, as it was printed.
import { readFileSync } from 'node:fs';
import { machine, writeSection } from './document.mjs';

const [section, file] = process.argv.slice(2);
writeSection(section, `_${await machine()}_\n\n\`\`\`\n${readFileSync(file, 'utf8').trimEnd()}\n\`\`\``);
