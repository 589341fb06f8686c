/** @type {import('next').NextConfig} */
export default {
  output: 'standalone', // a small image: only what the server really needs
  poweredByHeader: false,
};
