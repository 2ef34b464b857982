DROP TABLE spokespeople;
