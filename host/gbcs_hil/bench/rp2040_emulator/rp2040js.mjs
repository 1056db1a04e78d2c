// The npm package, wherever it was installed: modules here cannot name its folder beforehand.
import { createRequire } from 'node:module';

const require = createRequire(process.env.GBCS_HIL_RP2040JS);
export const {
  BasePeripheral, ConsoleLogger, DataDirection, DescriptorType, LogLevel, RP2040, SetupRecipient,
  SetupType, createSetupPacket, getDescriptorPacket, setDeviceAddressPacket,
  setDeviceConfigurationPacket,
} = require('rp2040js');
