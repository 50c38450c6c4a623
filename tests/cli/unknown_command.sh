earshot extrct corpus -o features.h5
