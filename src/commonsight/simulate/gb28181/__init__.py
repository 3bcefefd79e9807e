"""Virtual lower platforms and devices that speak GB/T 28181: real signalling, real footage, faults to order."""
