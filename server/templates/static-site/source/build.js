// Copies public/ to dist/ and fills in what is known at build time.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text) => text.replace(/[&<>"']/g, (character) => escapes[character]);

const values = {
  greeting: process.env.APP_GREETING ?? 'Hello from plain files',
  built: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
};

rmSync('dist', { recursive: true, force: true });
cpSync('public', 'dist', { recursive: true });
const page = readFileSync('dist/index.html', 'utf8');
writeFileSync('dist/index.html', page.replace(/\{\{(\w+)\}\}/g, (whole, name) => (name in values ? escape(values[name]) : whole)));
console.log(`built: “${values.greeting}”`);
